//! The table of every model in every scenario with all counters. A reader can sort, filter and copy it.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::summary::ArmSummary;
use fanout_analysis::validity::held_up;
use maud::{Markup, html};

use super::detail::Detail;
use super::frame::nothing;
use super::pairs;
use crate::columns::{ALL, Column, SHORT};
use crate::figures::rounded;
use crate::standing::{ABOUT, AGAINST_BEST, standing};

pub(super) fn of(answered: &[Answered<'_>], detail: Detail) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let whole = detail == Detail::Whole;
    let columns: &[Column] = if whole { &ALL } else { &SHORT };
    html! {
        @if whole { p { "Any two models are compared " a href="#any-two" { "below the table" } "." } }
        form.controls role="search" aria-label="Filter the table" {
            label { "Question " select id="question" {
                option value="" { "all" }
                @for answered in answered { @let name = &answered.question.name; option value=(name) { (name) } }
            } }
            label { "Words " input id="words" type="search" placeholder="such as: tokio 20" autocomplete="off"; }
            button type="button" id="copy-csv" { "Copy as CSV" }
            button type="button" id="copy-markdown" { "Copy as Markdown" }
            output id="shown" {}
        }
        (legend([(AGAINST_BEST, ABOUT)].into_iter().chain(columns.iter().map(|column| (column.title, column.about)))))
        div.scroll tabindex="0" role="region" aria-label="All figures" {
            table id="figures" {
                caption { "All figures; intervals are of 95 %. A heading sorts by its column." }
                thead { tr {
                    @for title in ["question", "scenario", "model"] { (heading(title, None)) }
                    (heading(AGAINST_BEST, Some(ABOUT)))
                    @for column in columns { (heading(column.title, Some(column.about))) }
                    (heading("note", None))
                } }
                tbody {
                    @for answered in answered {
                        @for compared in &answered.scenarios {
                            @for i in 0..compared.rows.len() { (row(answered, compared, i, columns)) }
                        }
                    }
                }
            }
        }
        @if whole { (pairs::of(answered)) }
    }
}

/// Returns what the columns of a table mean, to be opened. Headings show it as well, but not on a phone.
pub(super) fn legend<'a>(columns: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        details {
            summary { "What the columns mean" }
            dl { @for (title, about) in columns { div { dt { (title) } dd { (about) } } } }
        }
    }
}

pub(super) fn heading(title: &str, about: Option<&str>) -> Markup {
    // On paper a long unit goes on a line of its own.
    let parts = title.split_inclusive('/');
    html! { th scope="col" { button type="button" title=[about] { @for part in parts { (part) wbr; } } } }
}

fn row(answered: &Answered<'_>, compared: &Compared<'_>, i: usize, columns: &[Column]) -> Markup {
    let row = &compared.rows[i];
    let against = compared.time.against_best(i).map(|against| against.ratio.value);
    html! {
        tr {
            td { (answered.question.name) }
            td { (compared.measured.scenario.parameter) }
            th scope="row" { (row.arm.label) }
            td data-value=[against.map(precise)] { (standing(&compared.time, i)) }
            @for column in columns { (cell(column, row)) }
            td { (note(compared, row)) }
        }
    }
}

fn cell(column: &Column, row: &ArmSummary<'_>) -> Markup {
    let value = (column.value)(row);
    let ends = column.interval.and_then(|interval| interval(row)?.interval);
    let (low, high) = (ends.map(|ends| precise(ends.0)), ends.map(|ends| precise(ends.1)));
    html! {
        td data-value=[value.map(precise)] data-low=[low] data-high=[high] {
            (column.print(row))
            @if let (Some(interval), true) = (column.print_interval(row), value.is_some()) { small { (interval) } }
        }
    }
}

/// More digits than this are more than any figure here needs.
fn precise(value: f64) -> f64 {
    rounded(value, 6)
}

fn note(compared: &Compared<'_>, row: &ArmSummary<'_>) -> String {
    if let Some(failure) = &row.arm.failure {
        return format!("failed: {failure}");
    }
    let bound = held_up(compared, row).then(|| "server-bound".to_owned());
    let fewer = row.fewer_in_flight(&compared.measured.scenario).map(|seen| format!("{seen:.0} in flight at most"));
    bound.into_iter().chain(fewer).collect::<Vec<_>>().join(", ")
}
