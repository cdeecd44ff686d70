//! The table of all changes. The script that sorts, filters and copies a run's table does the same with this one.

use std::cmp::Reverse;

use fanout_analysis::history::{Change, CommitLinks, Group, History, Series};
use maud::{Markup, html};

use super::parts::{commit, left_out, p_value};
use crate::figures::{figure, ratio};
use crate::page::table::{heading, legend};

/// The most rows of the table.
const MOST_ROWS: usize = 1_000;

const HEADINGS: [(&str, &str); 17] = [
    ("question", "The bench target"),
    ("scenario", "What tells it from the question's others"),
    ("model", "The model"),
    ("change %", "How much farther from the floor"),
    ("p", "Student's, of the two levels"),
    ("at commit", "The first that was measured with it"),
    ("last before", "The last that was measured without it"),
    ("measured", "When the first run with it began"),
    ("floors before", "The mean before, up to the change before that"),
    ("floors after", "The mean after it, up to the next change"),
    ("us before", "Median processor time a request, before"),
    ("us after", "Median processor time a request, after it"),
    ("runs before", "How many"),
    ("runs after", "How many"),
    ("machine", "Its id"),
    ("toolchain", "What rustc says"),
    ("note", "Annotations and other facts"),
];

pub(super) fn of(history: &History, links: &CommitLinks) -> Markup {
    let mut changes: Vec<(&Group, &Series, &Change)> = history.changes().collect();
    if changes.is_empty() {
        return html! { p { "No change is marked." } };
    }
    changes.sort_by_key(|(group, series, change)| Reverse(group.around(series, change).1.place));
    let there = changes.len();
    changes.truncate(MOST_ROWS);
    let mut questions: Vec<&str> = Vec::new();
    for (_, series, _) in &changes {
        if !questions.contains(&series.question.as_str()) {
            questions.push(&series.question);
        }
    }
    html! {
        form.controls role="search" aria-label="Filter the table" {
            label { "Question " select id="question" {
                option value="" { "all" }
                @for name in questions { option value=(name) { (name) } }
            } }
            label { "Words " input id="words" type="search" placeholder="such as: tokio 20" autocomplete="off"; }
            button type="button" id="copy-csv" { "Copy as CSV" }
            button type="button" id="copy-markdown" { "Copy as Markdown" }
            output id="shown" {}
        }
        (legend(HEADINGS))
        div.scroll tabindex="0" role="region" aria-label="All changes" {
            table id="figures" {
                caption { "All changes, those of the latest commits first. A heading sorts by its column." }
                thead { tr { @for (title, about) in HEADINGS { (heading(title, Some(about))) } } }
                tbody { @for (group, series, change) in changes { (row(history, group, series, change, links)) } }
            }
        }
        (left_out(there, MOST_ROWS))
    }
}

fn row(history: &History, group: &Group, series: &Series, change: &Change, links: &CommitLinks) -> Markup {
    let (last, first) = group.around(series, change);
    let (found, percent) = (&change.found, change.percent());
    html! {
        tr {
            td { (series.question) }
            td { (series.parameter) }
            th scope="row" { (series.label) }
            (number(Some(percent), |percent| format!("{percent:+.1}")))
            (number(Some(found.p_value), p_value))
            td { (commit(first, links)) }
            td { (commit(last, links)) }
            td { (first.started) }
            (number(Some(found.before.mean.exp()), ratio))
            (number(Some(found.after.mean.exp()), ratio))
            (number(series.cpu(change, false), figure))
            (number(series.cpu(change, true), figure))
            (number(Some(found.before.points as f64), |n| n.to_string()))
            (number(Some(found.after.points as f64), |n| n.to_string()))
            td { (group.id) }
            td { (group.toolchain) }
            td { (note(history, group, series, change)) }
        }
    }
}

fn number(value: Option<f64>, digits: impl Fn(f64) -> String) -> Markup {
    html! { td data-value=[value] { (value.map_or_else(|| "-".into(), digits)) } }
}

fn note(history: &History, group: &Group, series: &Series, change: &Change) -> String {
    let (last, first) = group.around(series, change);
    let said = change.accepted.iter().filter_map(|i| history.annotations.get(*i));
    let mut notes: Vec<String> = said.map(|said| format!("accepted by {}: {}", said.who, said.reason)).collect();
    if last.commit.is_some() && last.commit == first.commit {
        notes.push("the same commit before and behind it".into());
    }
    notes.extend(series.apart.iter().cloned());
    if series.server != "wiremock" {
        notes.push(format!("server {}", series.server));
    }
    notes.join("; ")
}
