//! The answer: what to take in the most common situation, and in the others.

use std::collections::BTreeMap;

use fanout_analysis::compared::Answered;
use fanout_analysis::situations::Describe;
use fanout_record::Run;
use maud::{Markup, html};

use super::chooser;
use super::frame::{nothing, prose};
use super::models::{anchor as model, code};
use super::pictures::anchor as pictures;
use crate::situations::{Told, not_measured, told};

pub(super) fn of(run: &Run, answered: &[Answered<'_>], describe: Describe) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let told = told(answered, describe);
    let about = &run.models;
    html! {
        @if let Some(usual) = told.first() { (pick(usual, about, describe)) }
        @if let Some(beyond) = not_measured(answered) { p.beyond { (beyond) } }
        (chooser::of(answered, describe))
        h3 { "If your program ..." }
        ul.situations { @for told in told.iter().skip(1) { (situation(told, about, describe)) } }
    }
}

/// The most common situation, before the others.
fn pick(told: &Told<'_>, about: &About, describe: Describe) -> Markup {
    html! {
        p.pick {
            "If your program " (told.program) ": "
            @if told.take.is_some() { "take " b { (told.advice) } "." } @else { "it is " b { (told.advice) } "." }
        }
        (grounds(told, about, describe))
    }
}

fn situation(told: &Told<'_>, about: &About, describe: Describe) -> Markup {
    html! {
        li id={ "situation-" (told.id) } {
            h4 { "... " (told.program) }
            p.take {
                @if told.take.is_some() { "Take " b { (told.advice) } "." } @else { "It is " b { (told.advice) } "." }
            }
            (grounds(told, about, describe))
        }
    }
}

/// What each model is, in one line, by its id.
type About = BTreeMap<String, String>;

/// What the model is, what speaks for it, what it rests on, and the code.
fn grounds(told: &Told<'_>, about: &About, describe: Describe) -> Markup {
    let description = told.take.and_then(describe);
    html! {
            @if let Some((label, about)) = told.take.and_then(|label| about.get_key_value(label)) {
            p { b { (label) } ": " (prose(about)) "." }
        }
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
