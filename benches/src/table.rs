//! The answer on standard output: one table a question, a row a model, the fastest first.

use std::fmt::Write;
use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use fanout_record::run::{Arm, Question, Role, Sample, ScenarioRun};
use fanout_stats::{Estimate, median, paired_ratio};

/// The level of every interval here.
const LEVEL: f64 = 0.95;

/// The table of a question, a scenario after the other.
#[must_use]
pub fn of(question: &Question) -> String {
    let mut text = String::new();
    for measured in &question.scenarios {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}\n{}\n{}", title(question, measured), rows(measured), notes(measured));
    }
    text
}

fn title(question: &Question, measured: &ScenarioRun) -> String {
    let scenario = &measured.scenario;
    let server = match scenario.delay_ns {
        Some(delay) => format!("{} with a delay of {:?}", measured.server, Duration::from_nanos(delay)),
        None => measured.server.clone(),
    };
    let name = [question.name.as_str(), &scenario.parameter].join(" ");
    let awake = if question.awake { ", processors kept awake" } else { "" };
    format!("{}: {} requests, {server}, {} rounds{awake}", name.trim_end(), scenario.requests, measured.order.len())
}

fn rows(measured: &ScenarioRun) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header([
        "model",
        "in flight",
        "median ms",
        "95 % interval",
        "x floor",
        "95 % interval",
        "CPU us/request",
        "p50 ms",
        "p99 ms",
        "peak MB",
        "threads",
        "connections",
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let floor = floor(measured);
    let mut arms: Vec<&Arm> = measured.arms.iter().collect();
    arms.sort_by(|a, b| time_of(a).total_cmp(&time_of(b)));
    for arm in arms {
        let mut row = vec![arm.label.clone(), arm.concurrency.to_string()];
        match &arm.failure {
            Some(_) => row.push("failed".into()),
            None => {
                let time = median(&milliseconds(arm), LEVEL);
                let to_floor = floor.and_then(|floor| ratio(arm, floor));
                row.extend(cells(time, 2));
                row.extend(cells(to_floor, 3));
                row.push(value(median(&cpu_per_request(arm, measured), LEVEL), 1));
                row.extend([0.5, 0.99].map(|share| latency(arm, share)));
                let count = |of: fn(&Sample) -> f64, digits| {
                    value(median(&arm.samples.iter().map(of).collect::<Vec<_>>(), LEVEL), digits)
                };
                row.push(count(|sample| sample.usage.peak_memory as f64 / 1e6, 1));
                row.push(count(|sample| sample.usage.threads as f64, 0));
                row.push(count(|sample| connections(sample).unwrap_or(f64::NAN), 0));
            }
        }
        table.add_row(row);
    }
    table
}

/// What a reader should know before believing the table.
fn notes(measured: &ScenarioRun) -> String {
    let mut text = String::new();
    let delay = measured.scenario.delay_ns.map(Duration::from_nanos).filter(|delay| !delay.is_zero());
    if let (Some(delay), Some(floor)) = (delay, floor(measured)) {
        let turns = measured.scenario.requests.div_ceil(floor.concurrency);
        let alone = delay * u32::try_from(turns).unwrap_or(u32::MAX);
        let _ = writeln!(text, "delay alone: {alone:?} at the floor's {} in flight", floor.concurrency);
    }
    for again in measured.arms.iter().filter(|arm| arm.role == Role::Again) {
        let first = measured.arms.iter().find(|arm| arm.role == Role::Model && arm.model == again.model);
        if let Some(ratio) = first.and_then(|first| ratio(again, first)) {
            let verdict = match ratio.covers(1.0) {
                Some(true) => format!("agrees; differences below {:.0} % would not show", blind_below(ratio)),
                Some(false) => "DIFFERS: believe no difference of this size in this table".into(),
                None => "too few rounds to say".into(),
            };
            let _ = writeln!(text, "A/A: {} against itself {}: {verdict}", again.model, interval(ratio, 3));
        }
    }
    for arm in &measured.arms {
        if let Some(failure) = &arm.failure {
            let _ = writeln!(text, "failed: {} after {} rounds: {failure}", arm.label, arm.samples.len());
        }
    }
    text
}

/// The smallest difference, in percent, that lies outside the interval of two identical things.
fn blind_below(identical: Estimate) -> f64 {
    identical.interval.map_or(f64::INFINITY, |(low, high)| 100.0 * (high - 1.0).max(1.0 / low - 1.0))
}

/// What the others are compared with; one that failed is no measure.
fn floor(measured: &ScenarioRun) -> Option<&Arm> {
    measured.arms.iter().find(|arm| arm.role == Role::Floor && arm.failure.is_none())
}

fn cells(estimate: Option<Estimate>, digits: usize) -> [String; 2] {
    match estimate {
        Some(Estimate { value, interval: Some((low, high)) }) => {
            [format!("{value:.digits$}"), format!("{low:.digits$} .. {high:.digits$}")]
        }
        Some(Estimate { value, interval: None }) => [format!("{value:.digits$}"), "too few rounds".into()],
        None => ["-".into(), "-".into()],
    }
}

fn connections(sample: &Sample) -> Option<f64> {
    sample.server?.connections.map(|connections| connections as f64)
}

/// The value alone.
fn value(estimate: Option<Estimate>, digits: usize) -> String {
    estimate.map_or("-".into(), |estimate| format!("{:.digits$}", estimate.value))
}

/// The latency that this share of all requests did not exceed.
fn latency(arm: &Arm, share: f64) -> String {
    arm.latencies.quantile(share).map_or("-".into(), |latency| format!("{:.2}", latency.as_secs_f64() * 1e3))
}

fn interval(estimate: Estimate, digits: usize) -> String {
    let [value, interval] = cells(Some(estimate), digits);
    format!("{value} ({interval})")
}

/// How many times slower `a` was than `b`, over the rounds that both have.
fn ratio(a: &Arm, b: &Arm) -> Option<Estimate> {
    let n = a.samples.len().min(b.samples.len());
    paired_ratio(&milliseconds(a)[..n], &milliseconds(b)[..n], LEVEL)
}

fn time_of(arm: &Arm) -> f64 {
    let time = median(&milliseconds(arm), LEVEL).map(|time| time.value);
    time.filter(|_| arm.failure.is_none()).unwrap_or(f64::INFINITY)
}

fn milliseconds(arm: &Arm) -> Vec<f64> {
    arm.samples.iter().map(|sample| sample.wall_ns as f64 / 1e6).collect()
}

fn cpu_per_request(arm: &Arm, measured: &ScenarioRun) -> Vec<f64> {
    let requests = measured.scenario.requests as f64;
    arm.samples.iter().map(|sample| sample.usage.cpu().as_secs_f64() * 1e6 / requests).collect()
}
