//! The page of all runs. It shows the changes in words, commit by commit, a picture for each model in each scenario,
//! and a table of the changes.
//!
//! The page stays below 10 MB, however many runs there are. It has at most 600 pictures, 1,000 changes in the table,
//! 1,000 runs in the lists, 500 annotations and 500 bad files. A picture has at most 200 points. If there are more,
//! neighbouring points are merged. The newest pictures, changes, runs and annotations are kept, and the page counts
//! what it leaves out. The pictures are in `details` elements, one for each question, which are closed until a reader
//! opens them.

mod changes;
mod parts;
mod pictures;
mod table;
mod words;

use std::io;
use std::path::{Path, PathBuf};

use fanout_analysis::history::{CommitLinks, History};
use fanout_record::output;
use fanout_record::paths::derived;
use maud::{Markup, html};

use self::parts::{MOST_LISTED, left_out};
use super::frame::{Frame, Section};
use crate::figures::count;
use crate::notices;

/// Returns the path that the page has unless the user asks for another one.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("history.html")
}

/// Writes the page of a history, as [`output::write`] does.
///
/// # Errors
/// If the page cannot be written.
pub fn write(history: &History, links: &CommitLinks, path: &Path) -> io::Result<()> {
    output::write(path, of(history, links).as_bytes())
}

/// Returns the page of a history.
#[must_use]
pub fn of(history: &History, links: &CommitLinks) -> String {
    page(history, links, None)
}

/// Returns the page of a history as a page of a site.
pub(super) fn on_site(history: &History, links: &CommitLinks) -> String {
    page(history, links, Some(""))
}

fn page(history: &History, links: &CommitLinks, site: Option<&str>) -> String {
    let sections = [
        Section { id: "answer", name: "What changed", content: words::of(history, links) },
        Section { id: "pictures", name: "Pictures", content: pictures::of(history, links) },
        Section { id: "table", name: "All changes", content: table::of(history, links) },
        Section { id: "bad", name: "What could not be used", content: bad(history) },
    ];
    let (title, heading, brief) = ("fanout: history", "What changed, and when?", &in_brief(history));
    Frame { title, heading, brief, site, explains: true }.whole(&sections).into_string()
}

fn in_brief(history: &History) -> String {
    let mut machines: Vec<&str> = history.groups.iter().map(|group| group.id.as_str()).collect();
    machines.sort_unstable();
    machines.dedup();
    let started = || history.groups.iter().flat_map(|group| &group.runs).map(|run| run.started.as_str());
    let (first, last) = (started().min().unwrap_or("-"), started().max().unwrap_or("-"));
    let (runs, machines) = (count(history.runs(), "run"), count(machines.len(), "machine"));
    format!("{runs} on {machines}, from {first} to {last}")
}

fn bad(history: &History) -> Markup {
    let notices = notices::of(history);
    html! {
        @if notices.is_empty() { p { "Every file could be used." } }
        @else { ul { @for notice in notices.iter().take(MOST_LISTED) { li { (notice) } } } }
        (left_out(notices.len(), MOST_LISTED))
    }
}
