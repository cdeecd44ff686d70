//! The amount that a page shows: everything, or as much as a site has room for.

use maud::{Markup, html};

/// The amount that a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// The page shows everything.
    Whole,
    /// The page leaves out the chooser, the pictures of single models, the comparison of any two models, and the
    /// rarer counters. A site has a page for each of many runs, and should stay small. [`in_short`] makes the note
    /// about this.
    Short,
}

/// Returns a note about the parts that a page in short leaves out.
pub(super) fn in_short() -> Markup {
    html! {
        p.beyond {
            "This is a short version of the page. The chooser is on the first page of the site. "
            code { "cargo fanout report" } " writes the whole page of a run, with the pictures of single models, any \
             two models against each other, and all counters."
        }
    }
}
