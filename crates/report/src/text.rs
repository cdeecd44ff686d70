//! The answer as plain text that is also Markdown. There is one table for each scenario, with a row for each model.
//! The model nearest to the floor comes first.

use std::fmt::Write;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use fanout_analysis::compared::{Answered, Compared, questions};
use fanout_analysis::mistakes::costs;
use fanout_analysis::ranking::Ranking;
use fanout_analysis::summary::ArmSummary;
use fanout_record::run::{Question, Run};
use fanout_stats::Between;

use crate::capacity;
use crate::columns::SHORT;
use crate::figures::{count, nanoseconds, percent, ratio_with_interval, share};
use crate::mistakes::in_time;
use crate::standing::{AGAINST_BEST, standing};
use crate::words::{self, exchange};

/// Returns all tables of a run.
#[must_use]
pub fn of_run(run: &Run) -> String {
    questions(run).iter().map(of_question).collect()
}

/// Returns the tables of one question.
#[must_use]
pub fn of_question(answered: &Answered<'_>) -> String {
    let mut text = String::new();
    for compared in &answered.scenarios {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}\n\n{}\n", plain(&title(answered.question, compared)), rows(compared));
        for line in notes(compared) {
            let _ = writeln!(text, "{}  ", plain(&line));
        }
        text.push('\n');
    }
    if let Some(missing) = answered.question.missing() {
        let _ = writeln!(text, "partial: {}\n", plain(&missing));
    }
    text
}

/// Returns a line for each part of a question that failed or was not measured. The text is empty if there is none.
#[must_use]
pub fn failures(answered: &Answered<'_>) -> String {
    let failed = answered.scenarios.iter().flat_map(|compared| {
        let lines = failures_of(compared);
        lines.into_iter().map(|line| format!("{}: {}\n", compared.name, plain(&line)))
    });
    failed.chain(answered.question.missing().map(|missing| format!("partial: {}\n", plain(&missing)))).collect()
}

/// Returns the description of a scenario in one line.
#[must_use]
pub fn title(question: &Question, compared: &Compared<'_>) -> String {
    let measured = compared.measured;
    let delay = match measured.scenario.delay_ns {
        Some(0) => ", no delay".into(),
        Some(delay) => format!(", delay {}", nanoseconds(delay)),
        None => String::new(),
    };
    let exchange = exchange(&measured.scenario.exchange).map_or_else(String::new, |each| format!(", each {each}"));
    let work =
        measured.scenario.work.map_or_else(String::new, |work| format!(", {} of work each", nanoseconds(work.ns)));
    let limits = measured.scenario.limits;
    let allows = if limits.is_none() { String::new() } else { format!(", which allows {limits}") };
    let awake = if question.awake { ", processors kept awake" } else { "" };
    let name = &compared.name;
    // `hyper` is a model as well.
    let server = if measured.server == "hyper" { "the hyper engine" } else { &measured.server };
    let away = measured
        .round_trip_ns
        .map_or_else(String::new, |away| format!(", a round trip of {} away", nanoseconds(away)));
    let network = measured.scenario.network.map_or_else(String::new, |network| {
        let loss =
            if network.loss > 0.0 { format!(", {} of packets lost", share(network.loss)) } else { String::new() };
        format!(", a round trip of {} made{loss}", nanoseconds(network.round_trip_ns))
    });
    let (done, requests) = (measured.order.len(), count(measured.scenario.requests, "request"));
    let rounds = match compared.rounds_missing() {
        0 => count(done, "round"),
        missing => format!("{done} of {}", count(done + missing, "round")),
    };
    format!("{name}: {requests}, {rounds}, answered by {server}{allows}{away}{network}{delay}{exchange}{work}{awake}")
}

fn rows(compared: &Compared<'_>) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let mut heading = vec!["model", AGAINST_BEST];
    for column in SHORT {
        heading.push(column.title);
        heading.extend(column.interval.map(|_| "95 % interval"));
    }
    table.set_header(heading);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (i, row) in compared.rows.iter().enumerate() {
        let mut cells = vec![plain(&row.arm.label), standing(&compared.time, i)];
        for column in SHORT {
            cells.push(column.print(row));
            cells.extend(column.print_interval(row));
        }
        if row.arm.failure.is_some() {
            cells.truncate(3);
            cells.push("failed".into());
        }
        table.add_row(cells);
    }
    table
}

/// Returns the text on one line, escaped so that it contains no Markdown and no HTML.
pub(crate) fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Returns the notes that a reader should know before believing the table.
fn notes(compared: &Compared<'_>) -> Vec<String> {
    let (costs, in_flight) = (costs(compared), capacity::sentences(compared));
    let mut lines: Vec<String> =
        costs.iter().map(|cost| format!("{}: {}", cost.mistake.arm.label, in_time(cost))).collect();
    if costs.is_empty() && in_flight.is_empty() {
        lines.push(words::fastest(compared).to_string());
    }
    if in_flight.is_empty() {
        lines.push(words::floor(compared).to_string());
    }
    lines.extend(in_flight);
    for (ranking, of) in [(&compared.time, "time"), (&compared.cpu, "CPU")] {
        if let Some(said) = verdict(ranking) {
            lines.push(format!("A/A of {of}: one model against itself {said}"));
        }
    }
    lines.extend(failures_of(compared));
    lines
}

fn failures_of(compared: &Compared<'_>) -> Vec<String> {
    let failed = |row: &ArmSummary<'_>| {
        let (label, rounds) = (&row.arm.label, row.arm.samples.len());
        Some(format!("failed: {label} after {rounds} rounds: {}", row.arm.failure.as_ref()?))
    };
    compared.rows.iter().filter_map(failed).collect()
}

/// Returns in words what the A/A pair shows by one measure, or `None` if there is no pair.
fn verdict(ranking: &Ranking) -> Option<String> {
    let seen = ratio_with_interval(ranking.control?);
    Some(match ranking.control_shows? {
        Between::AsGood => format!("{seen}: agrees, within {}", percent(ranking.margin)),
        Between::Better | Between::Worse => format!("{seen}: DIFFERS; differences of this size are not counted here"),
        Between::NotKnown => {
            format!("{seen}: not known; the interval is too wide to tell {}", percent(ranking.margin))
        }
    })
}
