//! The answer in words, each drawn from the figures: nothing is said that this run does not show.

use std::fmt;

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::metric::Metric;
use fanout_analysis::ranking::{Ranking, Unranked};
use fanout_analysis::summary::ArmSummary;
use fanout_stats::Estimate;

use crate::figures::{count, figure, list, ratio, ratio_with_interval, with_interval};

/// One statement, and whether the run supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it is about: "fastest".
    pub about: &'static str,
    /// What is said.
    pub text: String,
    /// Whether it is an answer; else it says why there is none.
    pub answers: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.text)
    }
}

/// What is said of one scenario.
#[must_use]
pub fn answers(compared: &Compared<'_>) -> Vec<Said> {
    let said =
        [Some(fastest(compared)), cheapest(compared), smallest(compared), Some(floor(compared)), control(compared)];
    said.into_iter().flatten().collect()
}

/// What the model that was entered twice shows: how much of a difference may be nothing. `None` where none was.
#[must_use]
pub fn control(compared: &Compared<'_>) -> Option<Said> {
    let control = compared.time.control?;
    let cpu = compared.cpu.control.map_or_else(|| "-".into(), ratio_with_interval);
    let text =
        format!("one model against itself takes {} of the time, {cpu} of the CPU", ratio_with_interval(control));
    Some(Said { about: "A/A", text, answers: !compared.time.control_differs() })
}

/// Who is fastest, how far from the floor, and by how much ahead of the next; or why nobody can be said to be.
#[must_use]
pub fn fastest(compared: &Compared<'_>) -> Said {
    let time = |row: &ArmSummary<'_>| match (row.to_floor, row.time) {
        (Some(to_floor), _) => Some(format!("{} times the floor", ratio_with_interval(to_floor))),
        (None, time) => Some(format!("{} ms", with_interval(time?, figure))),
    };
    least("fastest", &compared.time, compared, time).unwrap_or_else(|| {
        let text = match compared.measured.order.len() {
            0 => "no round was measured",
            _ => "every model failed",
        };
        Said { about: "fastest", text: text.into(), answers: false }
    })
}

/// Who costs the processors least; `None` where nothing was counted.
#[must_use]
pub fn cheapest(compared: &Compared<'_>) -> Option<Said> {
    let cost =
        |row: &ArmSummary<'_>| Some(format!("{} us of processor time a request", with_interval(row.cpu?, figure)));
    least("cheapest", &compared.cpu, compared, cost)
}

/// Who needs least memory; `None` where nothing was counted.
#[must_use]
pub fn smallest(compared: &Compared<'_>) -> Option<Said> {
    let size =
        |row: &ArmSummary<'_>| Some(format!("{} MB", figure(row.typical(|sample| Metric::Memory.of(sample))?)));
    least("smallest", &compared.memory, compared, size)
}

/// What the floor took, and what of it was waiting; or that there is none.
#[must_use]
pub fn floor(compared: &Compared<'_>) -> Said {
    let about = "floor";
    let Some((row, time)) = compared.floor().and_then(|row| Some((row, row.time?))) else {
        let text = "there is no floor here: it failed, or the server requires TLS, which the floor does not speak";
        return Said { about, text: text.into(), answers: false };
    };
    let mut text = format!("{} ms a batch", figure(time.value));
    if let Some(alone) = compared.delay_alone() {
        let (alone, limit) = (figure(alone.as_secs_f64() * 1e3), row.arm.concurrency);
        text += &format!("; the delay alone would take {alone} ms with {limit} in flight");
    }
    if !compared.floor_is_alike() {
        text += "; the floor used HTTP/1.1 with keep-alive and without TLS, unlike the models here";
    }
    Said { about, text, answers: true }
}

fn least(
    about: &'static str,
    ranking: &Ranking,
    compared: &Compared<'_>,
    value: impl Fn(&ArmSummary<'_>) -> Option<String>,
) -> Option<Said> {
    let first = &compared.rows[*ranking.best().first()?];
    let (name, value) = (label(first), value(first)?);
    let members = ranking.members().len();
    Some(match ranking.unranked {
        _ if members == 1 => Said { about, text: format!("only {name} took part, with {value}"), answers: false },
        Some(Unranked::ControlDiffers) => {
            let seen = ranking.control.map(ratio_with_interval).unwrap_or_default();
            let text = format!("no model is called {about}, because the A/A pair differs from itself: {seen}");
            Said { about, text, answers: false }
        }
        Some(Unranked::TooFewRounds(wanting)) => {
            let rounds = count(compared.measured.order.len(), "round");
            let text = format!(
                "not ranked: {rounds} are too few for {members} models; run {wanting} more. The smallest figure \
                 is {value}, of {name}"
            );
            Said { about, text, answers: false }
        }
        None => {
            let text = format!("{}{value}{}", tied(ranking, compared), next(ranking, compared));
            Said { about, text, answers: true }
        }
    })
}

/// What the scenarios of a question say together: who is among the fastest most often, and how far apart models are.
#[must_use]
pub fn overall(answered: &Answered<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let judged: Vec<&Compared<'_>> =
        answered.scenarios.iter().filter(|compared| compared.time.singles_out()).collect();
    if judged.len() > 1 {
        let mut wins: Vec<(&str, usize)> = Vec::new();
        for name in judged.iter().flat_map(|compared| compared.time.best().iter().map(|i| label(&compared.rows[*i])))
        {
            match wins.iter_mut().find(|(known, _)| *known == name) {
                Some((_, n)) => *n += 1,
                None => wins.push((name, 1)),
            }
        }
        wins.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let most = wins.first().map_or(0, |(_, n)| *n);
        let names: Vec<&str> = wins.iter().filter(|(_, n)| *n == most).map(|(name, _)| *name).collect();
        let told = format!("{} scenarios with a winner", judged.len());
        said.push(format!("Most often among the fastest: {} ({most} of the {told}).", some(&names)));
    }
    let spreads: Vec<String> = answered.scenarios.iter().filter_map(spread).collect();
    if !spreads.is_empty() {
        said.push(format!("Nearest and farthest model, in multiples of the floor: {}.", spreads.join("; ")));
    }
    said
}

/// How far models are from the floor, from the nearest to the farthest.
fn spread(compared: &Compared<'_>) -> Option<String> {
    let members = compared.time.members().iter().map(|i| &compared.rows[*i]);
    let mut distances: Vec<(f64, &str)> = members.filter_map(|row| Some((row.to_floor?.value, label(row)))).collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(near, first), .., (far, last)] = distances.as_slice() else { return None };
    let parameter = &compared.measured.scenario.parameter;
    let at = if parameter.is_empty() { String::new() } else { format!(" at {parameter}") };
    Some(format!("{} ({first}) to {} ({last}){at}", ratio(*near), ratio(*far)))
}

/// The best group, in front of what its first one has.
fn tied(ranking: &Ranking, compared: &Compared<'_>) -> String {
    let names: Vec<&str> = ranking.best().iter().map(|i| label(&compared.rows[*i])).collect();
    match names.as_slice() {
        [first, _, ..] => format!("{} tie, {first} with ", some(&names)),
        alone => format!("{} with ", some(alone)),
    }
}

/// By how much the next group is behind.
fn next(ranking: &Ranking, compared: &Compared<'_>) -> String {
    let [best, second, ..] = ranking.groups.as_slice() else { return String::new() };
    let behind: Option<Estimate> = ranking.ratio(second[0], best[0]);
    let Some(behind) = behind else { return String::new() };
    let (next, first) = (label(&compared.rows[second[0]]), label(&compared.rows[best[0]]));
    let behind = if behind.interval.is_some() { ratio_with_interval(behind) } else { ratio(behind.value) };
    format!("; next is {next} with {behind} times {first}'s")
}

/// A list that stays readable.
fn some(names: &[&str]) -> String {
    const MOST: usize = 9;
    if names.len() <= MOST {
        return list(names);
    }
    let rest = format!("{} more", names.len() - MOST + 1);
    list(&[&names[..MOST - 1], &[rest.as_str()]].concat())
}

fn label<'a>(row: &ArmSummary<'a>) -> &'a str {
    &row.arm.label
}
