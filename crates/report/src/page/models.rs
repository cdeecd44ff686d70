//! The models. Each has a description, the case in which to pick it, its cost, and the code that makes it.

use fanout_analysis::situations::Describe;
use fanout_model::Description;
use fanout_record::Run;
use maud::{Markup, html};

use super::detail::Detail;
use super::frame::{nothing, prose, slug};
use crate::figures::{count, list};

pub(super) fn of(run: &Run, detail: Detail, describe: Describe) -> Markup {
    if run.models.is_empty() {
        return nothing();
    }
    html! {
        @for (id, about) in &run.models {
            details id=(anchor(id)) {
                summary { b { (id) } ": " (prose(about)) }
                @if let Some(description) = describe(id) { (described(id, &description, detail)) }
            }
        }
    }
}

/// Returns the id of the element that explains a model.
pub(super) fn anchor(id: &str) -> String {
    format!("model-{}", slug(id))
}

/// Returns the lines that make a model, in an element that the reader can open.
pub(super) fn code(id: &str, description: &Description) -> Markup {
    html! {
        details {
            summary { "The code of " (id) }
            pre tabindex="0" { code { (description.excerpt()) } }
        }
    }
}

fn described(id: &str, description: &Description, detail: Detail) -> Markup {
    html! {
        p { "Pick it when " (prose(description.pick_it_when)) "." }
        p { "It costs " (prose(description.it_costs)) "." }
        p {
            "Family: " (description.family.name()) ". " (description.called.sentence())
            @if description.one_host { " All requests go to one host." }
        }
        p {
            "A program that does the same depends on " (list(description.libraries)) ": "
            (count(description.crates, "crate")) " in all."
        }
        @if detail == Detail::Whole { pre tabindex="0" { code { (description.excerpt()) } } }
        p { "The crate is " code { "crates/model-" (id) } "." }
    }
}
