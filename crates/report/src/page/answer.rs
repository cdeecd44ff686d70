//! The answer: the model to take in the most common situation, and the models to take in the others.

use std::collections::BTreeMap;

use fanout_analysis::compared::Answered;
use fanout_analysis::situations::Describe;
use fanout_record::Run;
use fanout_record::price::Prices;
use maud::{Markup, html};

use super::chooser;
use super::detail::{Detail, in_short};
use super::frame::{nothing, prose};
use super::models::{anchor as model, code};
use super::pictures::anchor as pictures;
use crate::situations::{Told, not_measured, told};

/// Returns the answer of a run. Its links lead to the page at `page`, or to the page itself if `page` is empty.
pub(super) fn of(
    run: &Run,
    answered: &[Answered<'_>],
    page: &str,
    prices: Option<&Prices>,
    detail: Detail,
    describe: Describe,
) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let told = told(answered, describe);
    let grounds = Grounds { about: &run.models, page, detail, describe };
    html! {
        @if let Some(usual) = told.first() { (pick(usual, &grounds)) }
        @if let Some(beyond) = not_measured(answered) { p.beyond { (beyond) } }
        @if detail == Detail::Whole { (chooser::of(answered, page, prices, describe)) } @else { (in_short()) }
        h3 { "If your program ..." }
        ul.situations { @for told in told.iter().skip(1) { (situation(told, &grounds)) } }
    }
}

/// Returns the advice for the most common situation, which stands before the others.
fn pick(told: &Told<'_>, grounds: &Grounds<'_>) -> Markup {
    html! {
        p.pick {
            "If your program " (told.program) ": "
            @if told.take.is_some() { "take " b { (told.advice) } "." } @else { "it is " b { (told.advice) } "." }
        }
        (grounds.of(told))
    }
}

fn situation(told: &Told<'_>, grounds: &Grounds<'_>) -> Markup {
    html! {
        li id={ "situation-" (told.id) } {
            h4 { "... " (told.program) }
            p.take {
                @if told.take.is_some() { "Take " b { (told.advice) } "." } @else { "It is " b { (told.advice) } "." }
            }
            (grounds.of(told))
        }
    }
}

/// The data that is needed to give the reasons.
struct Grounds<'a> {
    /// A line about each model, by its id.
    about: &'a BTreeMap<String, String>,
    page: &'a str,
    detail: Detail,
    describe: Describe,
}

impl Grounds<'_> {
    /// Returns a description of the model, the reasons for it, the scenario that the advice rests on, and the code.
    fn of(&self, told: &Told<'_>) -> Markup {
        let description = told.take.and_then(self.describe);
        html! {
            @if let Some((label, about)) = told.take.and_then(|label| self.about.get_key_value(label)) {
                p { b { (label) } ": " (prose(about)) "." }
            }
            p { (prose(&told.because.join(" "))) }
            @if let Some(description) = description { p { "It costs " (prose(description.it_costs)) "." } }
            @if let Some(name) = told.rests_on {
                p.rests {
                    "It rests on " a href={ (self.page) "#" (pictures(name)) } { (name) }
                    @if let Some(label) = told.take {
                        "; " a href={ (self.page) "#" (model(label)) } { "about " (label) }
                    }
                    "."
                }
            }
            @if let (Some(label), Some(description), Detail::Whole) = (told.take, description, self.detail) {
                (code(label, &description))
            }
        }
    }
}
