//! The summary of a run for a terminal, in at most 25 lines. It names the fastest and the cheapest families of each
//! question, and what mistakes cost. If the fastest model of some scenarios is not known, a last sentence says so.

use std::fmt::Write;

use fanout_analysis::capacity::curves;
use fanout_analysis::compared::{Answered, apart, questions};
use fanout_analysis::grid::{Grid, grid};
use fanout_analysis::metric::Metric;
use fanout_analysis::mistakes::costs;
use fanout_analysis::situations::Describe;
use fanout_model::Family;
use fanout_record::Run;
use fanout_stats::Standing;
use textwrap::{Options, WordSplitter, fill};

use crate::capacity;
use crate::figures::count;
use crate::mistakes::{self, in_time, lists};
use crate::network;
use crate::peers;
use crate::situations::told;

/// The most questions that are listed. Further questions are counted.
const MOST_QUESTIONS: usize = 9;

/// Returns the summary of a run, in lines of at most `width` columns. A width below 60 counts as 60. `describe`
/// returns the description of a model.
#[must_use]
pub fn of(run: &Run, describe: Describe, width: usize) -> String {
    let width = width.max(60);
    let answered = questions(run);
    let (of_models, of_mistakes) = apart(&answered);
    if of_models.is_empty() {
        return of_mistakes.iter().map(|answered| alone(answered, width)).collect();
    }
    let mut text = String::new();
    if let Some(usual) = told(&answered, describe).first().filter(|told| told.take.is_some()) {
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "{}", fill(&format!("If your program {}: take {}.", usual.program, usual.short), width));
    }
    let named = answered.iter().map(|answered| answered.question.name.len()).max().unwrap_or(0);
    for answered in of_models.iter().take(MOST_QUESTIONS) {
        let name = &answered.question.name;
        if let Some(short) = capacity::in_short(answered).or_else(|| network::in_short(answered)) {
            let _ = writeln!(text, "{}", fill(&format!("{name:named$}  {short}"), width));
            continue;
        }
        for (title, about, measure) in [(name.as_str(), "fastest", Metric::Time), ("", "cheapest", Metric::Cpu)] {
            let head = format!("{title:named$}  {about:8}  ");
            let room = width.saturating_sub(head.chars().count());
            let line = head + &leaders(&grid(std::slice::from_ref(answered), measure, describe), room);
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if let Some(short) = answered.scenarios.iter().find_map(peers::in_short) {
            let _ = writeln!(text, "{}", fill(&format!("{:named$}  peers     {short}", ""), width));
        }
    }
    if of_models.len() > MOST_QUESTIONS {
        let _ = writeln!(text, "and {}", count(of_models.len() - MOST_QUESTIONS, "question"));
    }
    for answered in of_mistakes {
        let costs: Vec<_> = answered.scenarios.iter().flat_map(costs).collect();
        for (i, (about, entries)) in lists(&costs).into_iter().enumerate() {
            let title = if i == 0 { answered.question.name.as_str() } else { "" };
            let head = format!("{title:named$}  {about:8}  ");
            let room = width.saturating_sub(head.chars().count());
            let _ = writeln!(text, "{}", (head + &fitting(&entries, room)).trim_end());
        }
    }
    if let Some(doubt) = doubt(of_models) {
        let _ = writeln!(text, "{}", fill(&doubt, width));
    }
    text
}

/// Returns the families that are as good as the best in the largest number of scenarios, and this number.
fn leaders(grid: &Grid<'_, '_>, room: usize) -> String {
    let is_good = |standing: Standing| matches!(standing, Standing::Best | Standing::AsGood);
    let all = grid.columns.len();
    let wins: Vec<(&str, usize)> = grid
        .families
        .iter()
        .map(|group| {
            let good = group.cells.iter().flatten().filter(|cell| is_good(cell.standing)).count();
            (group.family.map_or("other models", Family::name), good)
        })
        .collect();
    let most = wins.iter().map(|(_, good)| *good).max().unwrap_or(0);
    if most == 0 {
        return "not known".into();
    }
    let first: Vec<&str> = wins.iter().filter(|(_, good)| *good == most).map(|(name, _)| *name).collect();
    let scenarios = if all == 1 { String::new() } else { format!(" ({most} of {})", count(all, "scenario")) };
    let in_short = if all == 1 { String::new() } else { format!(" ({most} of {all})") };
    // The line has as many names as there is room for.
    let mut lines = (1..=first.len()).rev().flat_map(|shown| {
        let rest = if shown < first.len() { format!(" and {} more", first.len() - shown) } else { String::new() };
        let names = first[..shown].join(", ") + &rest;
        [format!("{names}{scenarios}"), format!("{names}{in_short}"), names]
    });
    let fits = |line: &String| line.chars().count() <= room;
    lines.find(fits).unwrap_or_else(|| first[0].into())
}

/// Returns what mistakes cost, a paragraph for each, for a run that measured nothing else.
fn alone(answered: &Answered<'_>, width: usize) -> String {
    let costs: Vec<_> = answered.scenarios.iter().flat_map(costs).collect();
    // The names of models are not broken at their hyphens.
    let whole_names = || Options::new(width).word_splitter(WordSplitter::NoHyphenation);
    let line = |cost| fill(&format!("{}: {}", mistakes::name(cost), in_time(cost)), whole_names()) + "\n";
    costs.iter().map(line).collect()
}

/// Returns as many entries of a list as there is room for, and how many more there are.
fn fitting(entries: &[String], room: usize) -> String {
    let mut lines = (1..=entries.len()).rev().map(|shown| {
        let rest = if shown < entries.len() { format!(" and {} more", entries.len() - shown) } else { String::new() };
        entries[..shown].join(", ") + &rest
    });
    let fits = |line: &String| line.chars().count() <= room;
    lines.find(fits).or(entries.first().cloned()).unwrap_or_else(|| "none".into())
}

/// Returns a sentence about the scenarios in which the fastest model is not known, or `None` if there are none.
fn doubt(answered: &[Answered<'_>]) -> Option<String> {
    // Where the number in flight is what varies, no model is to be the fastest.
    let scenarios: Vec<_> = answered
        .iter()
        .flat_map(|answered| &answered.scenarios)
        .filter(|compared| curves(compared).is_empty())
        .collect();
    let unknown = scenarios.iter().filter(|compared| compared.time.as_good().is_empty()).count();
    let all = count(scenarios.len(), "scenario");
    (unknown > 0).then(|| format!("In {unknown} of {all} it is not known who is fastest; the report says why."))
}
