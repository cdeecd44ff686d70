//! How much a page shows: all of it, or what a site has room for.

use maud::{Markup, html};

/// How much a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything.
    Whole,
    /// Without the chooser, the pictures of single models, any two models, and the rarer counters: a site has a page
    /// for each of many runs, and should stay small. [`in_short`] says so.
    Short,
}

/// Says what a page in short leaves out.
pub(super) fn in_short() -> Markup {
    html! {
        p.beyond {
            "This page of a site is in short. The chooser is on the first page of the site; "
            code { "cargo fanout report" } " writes the whole page of a run, with the pictures of single models, any \
             two models against each other, and all counters."
        }
    }
}
