//! What distance and loss do, in words. The figures are those of [`fanout_analysis::network`].

use fanout_analysis::compared::Answered;
use fanout_analysis::network::{Line, Point, lines};
use fanout_model::nanoseconds;
use fanout_stats::Between;

use crate::figures::{ratio, share};

/// Two ways, and the words for taking the first in place of the second.
const CHOICES: [(&str, &str, &str); 5] = [
    ("keep-alive", "connection-per-request", "To keep connections open, in place of a new one for each request"),
    (
        "tls",
        "tls-connection-per-request",
        "To keep connections open with TLS, in place of a new one for each request",
    ),
    ("tls-http2", "tls", "HTTP/2 on one connection, in place of 20 connections with TLS"),
    ("keep-alive", "6-connections", "20 connections in place of 6"),
    ("keep-alive", "tls", "To go without TLS, on connections that stay open"),
];

/// Returns for each choice of a way where it pays, in whole sentences. There are none if the question does not make a
/// network.
#[must_use]
pub fn sentences(answered: &Answered<'_>) -> Vec<String> {
    let of = |(taken, other, words): &(&str, &str, &str)| {
        let said: Vec<String> = lines(answered, taken, other).iter().map(condition).collect();
        (!said.is_empty()).then(|| format!("{words}, {}.", said.join("; ")))
    };
    CHOICES.iter().filter_map(of).collect()
}

/// Returns where a choice pays under one condition.
fn condition(line: &Line) -> String {
    let answers =
        line.bytes.map_or_else(|| "short answers".into(), |bytes| format!("answers of {} KB", bytes / 1_000));
    let loss = if line.loss > 0.0 { format!(" and {} of packets lost", share(line.loss)) } else { String::new() };
    let points: Vec<String> = line.points.iter().map(point).collect();
    format!("{} with {answers}{loss} ({})", pays(&line.points), points.join(", "))
}

/// Returns from which round trip on a choice pays. It pays where the other way is worse.
fn pays(points: &[Point]) -> String {
    let is_worse = |point: &Point| point.between == Between::Worse;
    let is_better = |point: &Point| point.between == Between::Better;
    // The points behind the last one that is not worse.
    let from = points.iter().rposition(|point| !is_worse(point)).map_or(0, |last| last + 1);
    match points.get(from) {
        Some(_) if from == 0 => "pays at every distance".into(),
        Some(first) => format!("pays from {} on", distance(first)),
        None if points.iter().any(is_worse) => "pays at some distances".into(),
        None if points.iter().all(is_better) => "costs time at every distance".into(),
        None if points.iter().any(is_better) => "costs time at some distances".into(),
        None if points.iter().all(|point| point.between == Between::AsGood) => "makes no difference".into(),
        None => "is not known to pay".into(),
    }
}

/// Returns how many times as long the other way takes at one distance.
fn point(point: &Point) -> String {
    let at = distance(point);
    match point.between {
        Between::AsGood => format!("{at}: no difference"),
        Between::Worse | Between::Better => format!("{at}: {} times", ratio(point.ratio.value)),
        Between::NotKnown => format!("{at}: not known, near {} times", ratio(point.ratio.value)),
    }
}

fn distance(point: &Point) -> String {
    crate::figures::nanoseconds(nanoseconds(point.round_trip))
}
