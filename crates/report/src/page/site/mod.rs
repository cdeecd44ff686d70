//! A static site of all recorded runs: an index with the answer of the best run, a page for each run, the history,
//! and the glossary. It works from disk and on any web server that serves files.

mod address;
mod machines;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fanout_analysis::compared::{apart, questions};
use fanout_analysis::history::{CommitLinks, History};
use fanout_analysis::situations::Describe;
use fanout_record::price::Prices;
use fanout_record::run::Question;
use fanout_record::{Run, output};
use maud::{Markup, PreEscaped, html};

use self::address::address;
use self::machines::Machines;
use super::detail::Detail;
use super::frame::{Frame, Section};
use super::{Links, answer, history, origin, price};
use crate::figures::count;
use crate::glossary;

/// Writes the site into a folder, and returns the path of the index. The folder is made if it does not exist, and a
/// page that is there already is replaced. Runs of debug builds are left out, because their times mean nothing.
/// The index shows `prices`. `describe` returns the description of a model.
///
/// # Errors
/// If a page cannot be written, or if no run is left.
pub fn write(
    folder: &Path,
    runs: impl IntoIterator<Item = Run>,
    history: &History,
    links: &CommitLinks,
    prices: Option<&Prices>,
    describe: Describe,
) -> io::Result<PathBuf> {
    fs::create_dir_all(folder.join("runs"))?;
    let (mut machines, mut listed) = (Machines::default(), Vec::new());
    let mut seen = HashSet::new();
    // A copy of a run file has the id of its original.
    for run in runs.into_iter().filter(|run| run.source.debug != Some(true) && seen.insert(run.id.clone())) {
        let page = super::of(&run, &Links { site: true, ..Links::default() }, describe);
        output::write(&folder.join(address(&run)), page.as_bytes())?;
        listed.push(Listed::of(&run));
        machines.see(run);
    }
    listed.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.address.cmp(&a.address)));
    let Some(best) = machines.best() else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no run to show"));
    };
    output::write(&folder.join("history.html"), history::on_site(history, links).as_bytes())?;
    output::write(&folder.join("glossary.html"), glossary_page().into_string().as_bytes())?;
    let index = folder.join("index.html");
    output::write(&index, index_page(best, &machines, &listed, prices, describe).into_string().as_bytes())?;
    Ok(index)
}

/// A run in the list of runs.
struct Listed {
    started: String,
    address: String,
    brief: String,
    machine: String,
    scenarios: Vec<String>,
}

impl Listed {
    fn of(run: &Run) -> Self {
        let names = |question: &Question| {
            let names = question.scenarios.iter().map(|measured| measured.scenario.title(&question.name));
            names.collect::<Vec<_>>()
        };
        Self {
            started: run.started.clone(),
            address: address(run),
            brief: origin::in_brief(run),
            machine: run.machine.id(),
            scenarios: run.questions.iter().flat_map(names).collect(),
        }
    }
}

fn index_page(
    best: &Run,
    machines: &Machines,
    listed: &[Listed],
    prices: Option<&Prices>,
    describe: Describe,
) -> Markup {
    let answered = questions(best);
    let (of_models, _) = apart(&answered);
    let sections = [
        Section {
            id: "answer",
            name: "The answer",
            content: answer::of(best, of_models, &address(best), prices, Detail::Whole, describe),
        },
        Section { id: "price", name: "The price before it runs", content: price::of(prices, None, describe) },
        Section { id: "machines", name: "Do the machines agree?", content: machines.compared(describe) },
        Section { id: "runs", name: "All runs", content: runs(listed) },
    ];
    let brief = format!(
        "{} {} of {}; the answer is from the newest of the runs that ask the most questions: {}.",
        origin::WHAT,
        count(listed.len(), "run"),
        count(machines.number(), "machine"),
        origin::in_brief(best)
    );
    Frame { title: "fanout", heading: "Which concurrency model?", brief: &brief, site: Some(""), explains: true }
        .whole(&sections)
}

/// Returns the list of the runs, the newest first. Each run has a link to every scenario.
fn runs(listed: &[Listed]) -> Markup {
    html! {
        @for run in listed {
            details {
                summary { (run.started) ", machine " (run.machine) }
                p { a href=(run.address) { "The page of this run" } ": " (run.brief) }
                ul {
                    @for name in &run.scenarios {
                        li { a href={ (run.address) "#" (super::pictures::anchor(name)) } { (name) } }
                    }
                }
            }
        }
    }
}

fn glossary_page() -> Markup {
    let content = html! { (PreEscaped(glossary::html())) };
    let sections = [Section { id: "answer", name: "Terms", content }];
    Frame { title: "fanout: glossary", heading: "What the words mean", brief: "", site: Some(""), explains: false }
        .whole(&sections)
}
