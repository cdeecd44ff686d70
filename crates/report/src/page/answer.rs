//! The answer: what to take in the most common situation, and in the others.

use fanout_analysis::compared::Answered;
use fanout_analysis::situations::Describe;
use maud::{Markup, html};

use super::chooser;
use super::frame::{nothing, prose};
use super::models::{anchor as model, code};
use super::pictures::anchor as pictures;
use crate::situations::{Told, not_measured, told};

pub(super) fn of(answered: &[Answered<'_>], describe: Describe) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let told = told(answered, describe);
    html! {
        @if let Some(usual) = told.first() { (pick(usual, describe)) }
        (chooser::of(answered, describe))
        @if let Some(beyond) = not_measured(answered) { p.beyond { (beyond) } }
        h3 { "If your program ..." }
        ul.situations { @for told in told.iter().skip(1) { (situation(told, describe)) } }
    }
}

/// The most common situation, before the others.
fn pick(told: &Told<'_>, describe: Describe) -> Markup {
    html! {
        p.pick {
            "If your program " (told.program) ": "
            @if told.take.is_some() { "take " b { (told.advice) } "." } @else { "it is " b { (told.advice) } "." }
        }
        (grounds(told, describe))
    }
}

fn situation(told: &Told<'_>, describe: Describe) -> Markup {
    html! {
        li id={ "situation-" (told.id) } {
            h4 { "... " (told.program) }
            p.take {
                @if told.take.is_some() { "Take " b { (told.advice) } "." } @else { "It is " b { (told.advice) } "." }
            }
            (grounds(told, describe))
        }
    }
}

/// What speaks for it, what it rests on, and the code.
fn grounds(told: &Told<'_>, describe: Describe) -> Markup {
    let description = told.take.and_then(describe);
    html! {
            p { (prose(&told.because.join(" "))) }
            @if let Some(description) = description { p { "It costs " (prose(description.it_costs)) "." } }
            @if let Some(name) = told.rests_on {
                p.rests {
                    "It rests on " a href={ "#" (pictures(name)) } { (name) }
                    @if let Some(label) = told.take { "; " a href={ "#" (model(label)) } { "about " (label) } }
                    "."
                }
            }
            @if let (Some(label), Some(description)) = (told.take, description) { (code(label, &description)) }
    }
}
