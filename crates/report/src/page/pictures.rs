//! The pictures of each question, with their titles and text alternatives.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::summary::ArmSummary;
use maud::{Markup, PreEscaped, html};

use super::frame::{nothing, slug};
use crate::pictures::{Picture, Room, cpu, distance, grown, lanes, latency};
use crate::text::title;

pub(super) fn of(answered: &[Answered<'_>]) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    html! { @for answered in answered { (question(answered)) } }
}

/// Where the pictures of a scenario are.
pub(super) fn anchor(scenario: &str) -> String {
    format!("scenario-{}", slug(scenario))
}

fn question(answered: &Answered<'_>) -> Markup {
    let grown = grown(answered);
    html! {
        h3 { (answered.question.name) }
        @if let Some(first) = grown.first() {
            details open {
                summary { (first.title) }
                div.small { @for picture in &grown { (figure(picture, false)) } }
            }
        }
        @for (i, compared) in answered.scenarios.iter().enumerate() { (scenario(answered, compared, i == 0)) }
    }
}

fn scenario(answered: &Answered<'_>, compared: &Compared<'_>, open: bool) -> Markup {
    let batches: Vec<Picture> = compared.rows.iter().filter_map(batch).collect();
    html! {
        details open[open] id=(anchor(&compared.name)) {
            summary { (title(answered.question, compared)) }
            div.wide {
                @for picture in [distance(compared), cpu(compared), latency(compared)].iter().flatten() {
                    (figure(picture, true))
                }
            }
        }
        @if !batches.is_empty() {
            details open[open && answered.scenarios.len() == 1] {
                summary {
                    "One batch of each model, " (compared.name)
                    ": a row is a lane, a bar is a request, and each has its own scale"
                }
                div.small { @for picture in &batches { (figure(picture, false)) } }
            }
        }
    }
}

/// The batch that is kept of a row. All of its requests succeeded, or it would not be a sample.
fn batch(row: &ArmSummary<'_>) -> Option<Picture> {
    let bars = row.arm.timeline.as_ref()?.bars.iter();
    lanes(&row.arm.label, bars.map(|bar| (*bar, false)), Room::SMALL)
}

/// A picture that says to a screen reader what it shows; with its title, unless it stands below one that it shares.
pub(super) fn figure(picture: &Picture, titled: bool) -> Markup {
    let name = format!("{}. {}", picture.title, picture.alternative);
    html! {
        figure {
            @if titled { figcaption { (picture.title) } }
            div role="img" aria-label=(name) { (PreEscaped(&picture.svg)) }
        }
    }
}
