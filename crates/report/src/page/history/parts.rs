//! Parts that several sections of the page show.

use fanout_analysis::history::{CommitLinks, RunFacts};
use maud::{Markup, html};

use crate::page::origin;

/// The most bad files that are named, and the most annotations that are shown apart from changes.
pub(super) const MOST_LISTED: usize = 500;

/// Returns a note about the number of entries that are left out for want of room.
pub(super) fn left_out(there: usize, shown: usize) -> Markup {
    html! { @if there > shown { p { "... and " (there - shown) " more, left out here." } } }
}

/// Returns a commit, with a link if one can be made.
pub(super) fn commit(run: &RunFacts, links: &CommitLinks) -> Markup {
    html! {
        @match (run.commit.as_deref(), links.to(run)) {
            (None, _) => "no commit",
            (Some(name), None) => code { (origin::short(name)) },
            (Some(name), Some(address)) => a href=(address) { code { (origin::short(name)) } },
        }
        @if run.dirty == Some(true) { " (changed tree)" }
        @if run.partial { " (partial run)" }
    }
}

/// Returns a p-value as text, with no more digits than are meaningful.
pub(super) fn p_value(p: f64) -> String {
    if p < 1e-15 { "< 1e-15".into() } else { format!("{p:.0e}") }
}
