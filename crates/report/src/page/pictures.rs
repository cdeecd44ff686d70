//! The pictures of each question, with their titles and text alternatives.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::families::Families;
use fanout_analysis::situations::Describe;
use fanout_analysis::summary::ArmSummary;
use fanout_model::Family;
use maud::{Markup, PreEscaped, html};
use plotters::style::RGBColor;

use super::detail::Detail;
use super::frame::{nothing, slug};
use crate::pictures::{KEY, Picture, Room, capacity, cpu, distance, families, grown, hex, lanes, latency, of_family};
use crate::text::title;
use crate::waiting::waiting;

pub(super) fn of(answered: &[Answered<'_>], detail: Detail, describe: Describe) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    html! {
        @if detail == Detail::Whole { (batch_of_each_family(answered, describe)) }
        p.key {
            "Colours of the other pictures: "
            @for family in Family::ALL { (key(of_family(Some(family)), family.name())) " " }
        }
        @for answered in answered { (question(answered, detail, describe)) }
    }
}

/// Returns a colour, and its meaning.
fn key(color: RGBColor, meaning: &str) -> Markup {
    html! {
        span {
            svg.swatch viewBox="0 0 10 10" aria-hidden="true" { circle cx="5" cy="5" r="5" fill=(hex(color)) {} }
            " " (meaning)
        }
    }
}

/// Returns the notebook's drawings: one batch of each family, and what they show. It is empty for a run in which no
/// two families have a batch that was kept.
fn batch_of_each_family(answered: &[Answered<'_>], describe: Describe) -> Markup {
    let Some(all) = Families::of(answered, describe) else { return html! {} };
    html! {
        h3 { "One batch of each family" }
        p { (waiting(&all)) }
        p {
            "The batches are those of median time, of the fastest model of each family in "
            a href={ "#" (anchor(&all.compared.name)) } { (all.compared.name) }
            ". A row is a lane. All drawings have the same time axis, and a batch that takes far longer than the \
             others is cut off there. How long a request took beside the delay is known, but not when in its course, \
             so that it is drawn at its end. The line at the bottom is as long as the processors worked, all of them \
             added up."
        }
        @if !all.peers.is_empty() {
            p { "The last drawings are of peers, the fastest program in each other language. They are no models." }
        }
        p.key { @for (color, meaning) in KEY { (key(color, meaning)) " " } }
        div.wide { @for picture in families(&all) { (figure(&picture, false)) } }
    }
}

/// Returns the id of the element with the pictures of a scenario.
pub(super) fn anchor(scenario: &str) -> String {
    format!("scenario-{}", slug(scenario))
}

fn question(answered: &Answered<'_>, detail: Detail, describe: Describe) -> Markup {
    html! {
        h3 { (answered.question.name) }
        @if let Some(grown) = grown(answered, describe) {
            @let families = grown.families();
            details open {
                summary { (grown.title()) }
                (small(&families))
                (members(|| grown.models(), detail, families.is_empty()))
            }
        }
        @for (i, compared) in answered.scenarios.iter().enumerate() {
            (scenario(compared, &title(answered.question, compared), i == 0, detail, describe))
        }
    }
}

fn scenario(compared: &Compared<'_>, title: &str, open: bool, detail: Detail, describe: Describe) -> Markup {
    let (families, models) = if detail == Detail::Whole { batches(compared, describe) } else { Default::default() };
    let curves = capacity(compared, describe);
    let pictures = [distance(compared, describe), cpu(compared, describe), latency(compared, describe)];
    html! {
        details open[open] id=(anchor(&compared.name)) {
            summary { (title) }
            @if !curves.is_empty() { div.small { @for picture in &curves { (figure(picture, true)) } } }
            div.wide { @for picture in pictures.iter().flatten() { (figure(picture, true)) } }
            @if !models.is_empty() {
                details {
                    summary { "One batch, request by request: a row is a lane, and a bar is a request" }
                    p { "All of these pictures have the same time axis. It ends with the slowest batch, or at four \
                         times the median. A batch that takes longer is cut off there." }
                    @if !families.is_empty() { p { "Of each family, the fastest model:" } }
                    (small(&families))
                    (members(|| models, detail, families.is_empty()))
                }
            }
        }
    }
}

/// Returns the pictures of single models. They are shown at once if there are no pictures of families. Otherwise the
/// reader can open them.
fn members(draw: impl FnOnce() -> Vec<Picture>, detail: Detail, at_once: bool) -> Markup {
    html! {
        @if at_once { (small(&draw())) }
        @else if detail == Detail::Whole { details { summary { "Every model" } (small(&draw())) } }
    }
}

fn small(pictures: &[Picture]) -> Markup {
    html! { div.small { @for picture in pictures { (figure(picture, false)) } } }
}

/// Draws one batch of the fastest model of each family, and one batch of every arm, all on one axis. Every request of
/// these batches succeeded, because a batch with a failed request is no sample.
fn batches(compared: &Compared<'_>, describe: Describe) -> (Vec<Picture>, Vec<Picture>) {
    let end = |row: &&ArmSummary<'_>| row.arm.timeline.as_ref()?.bars.iter().map(|bar| bar.2).max();
    let mut ends: Vec<u64> = compared.rows.iter().filter_map(|row| end(&row)).collect();
    ends.sort_unstable();
    let Some((middle, last)) = ends.get(ends.len() / 2).zip(ends.last()) else { return Default::default() };
    let axis = (*last).min(middle.saturating_mul(4)) as f64 / 1e6;
    let picture = |row: &ArmSummary<'_>| {
        let bars = row.arm.timeline.as_ref()?.bars.iter();
        lanes(&row.arm.label, bars.map(|bar| (*bar, false)), Some(axis), Room::SMALL)
    };
    // The rows are in the order of their distance to the floor.
    let fastest = |family: &Family| {
        let is_member = |row: &&ArmSummary<'_>| describe(&row.arm.model).is_some_and(|model| model.family == *family);
        picture(compared.rows.iter().find(is_member)?)
    };
    (Family::ALL.iter().filter_map(fastest).collect(), compared.rows.iter().filter_map(picture).collect())
}

/// Returns a picture with a description for screen readers. It has its title, unless it stands below a title that it
/// shares with others.
pub(super) fn figure(picture: &Picture, titled: bool) -> Markup {
    let name = format!("{}. {}", picture.title, picture.alternative);
    html! {
        figure {
            @if titled { figcaption { (picture.title) } }
            div role="img" aria-label=(name) { (PreEscaped(&picture.svg)) }
        }
    }
}
