//! What distance and loss do, in words. The figures are those of [`fanout_analysis::network`].

use fanout_analysis::compared::Answered;
use fanout_analysis::network::{Line, Point, lines, models};
use fanout_model::nanoseconds;
use fanout_record::run::{Carrier, Transport};
use fanout_stats::Between;

use crate::figures::{ratio, share};

/// A choice between two ways.
struct Choice {
    /// The way that is taken.
    taken: &'static str,
    /// The way that it takes the place of.
    other: &'static str,
    /// The choice as the beginning of a sentence.
    words: &'static str,
    /// The choice in a few words, as a verb follows them.
    short: &'static str,
}

const CHOICES: [Choice; 5] = [
    Choice {
        taken: "keep-alive",
        other: "connection-per-request",
        words: "To keep connections open, in place of a new one for each request,",
        short: "to keep connections open",
    },
    Choice {
        taken: "tls",
        other: "tls-connection-per-request",
        words: "To keep connections with TLS open, in place of a new one for each request,",
        short: "to keep them open with TLS",
    },
    Choice {
        taken: "tls-http2",
        other: "tls",
        words: "HTTP/2 on one connection, in place of 20 connections with TLS,",
        short: "HTTP/2 in place of 20 connections",
    },
    Choice {
        taken: "keep-alive",
        other: "6-connections",
        words: "To have 20 connections, in place of 6,",
        short: "20 connections in place of 6",
    },
    Choice {
        taken: "keep-alive",
        other: "tls",
        words: "To go without TLS, on connections that stay open,",
        short: "to go without TLS",
    },
];

/// Returns for each choice of a way where it pays, in whole sentences, and at last how the networks carried what was
/// sent, if the run says so. There are none if the question does not make a network.
#[must_use]
pub fn sentences(answered: &Answered<'_>) -> Vec<String> {
    let models = models(answered);
    let of = |model: &str, choice: &Choice| {
        let said: Vec<String> = lines(answered, model, choice.taken, choice.other).iter().map(condition).collect();
        let whose = if models.len() > 1 { format!("{model}: ") } else { String::new() };
        (!said.is_empty()).then(|| format!("{whose}{} {}.", choice.words, said.join("; ")))
    };
    let choices = models.iter().flat_map(|model| CHOICES.iter().filter_map(|choice| of(model, choice)));
    choices.chain(carried(answered)).collect()
}

/// Returns how the networks of a question carried what was sent, or `None` if the run does not say it.
fn carried(answered: &Answered<'_>) -> Option<String> {
    let mut all: Vec<&Transport> = Vec::new();
    for transport in answered.scenarios.iter().filter_map(|compared| compared.measured.transport.as_ref()) {
        if !all.contains(&transport) {
            all.push(transport);
        }
    }
    let of = |Transport { carrier, congestion }: &&Transport| {
        let carrier = match carrier {
            Carrier::Netem => "the kernel's netem",
            Carrier::Relay => "fanout's relay",
        };
        let congestion = congestion.as_ref().map(|name| format!(", and TCP had the congestion control {name}"));
        format!("{carrier} carried the packets{}", congestion.unwrap_or_default())
    };
    let said: Vec<String> = all.iter().map(of).collect();
    (!said.is_empty()).then(|| format!("In these networks, {}.", said.join("; in others, ")))
}

/// Returns where each choice pays for the first model, under the first condition of the question, in a few words;
/// `None` if the question does not make a network.
#[must_use]
pub fn in_short(answered: &Answered<'_>) -> Option<String> {
    let model = *models(answered).first()?;
    let of = |choice: &Choice| {
        let lines = lines(answered, model, choice.taken, choice.other);
        Some(format!("{} {}", choice.short, pays(&lines.first()?.points)))
    };
    let said: Vec<String> = CHOICES.iter().filter_map(of).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// Returns where a choice pays under one condition.
fn condition(line: &Line) -> String {
    let answers =
        line.bytes.map_or_else(|| "short answers".into(), |bytes| format!("answers of {} KB", bytes / 1_000));
    let loss = if line.loss > 0.0 { format!(" and {} of packets lost", share(line.loss)) } else { String::new() };
    let points: Vec<String> = line.points.iter().map(point).collect();
    format!("{} with {answers}{loss} (the other way: {})", pays(&line.points), points.join(", "))
}

/// Returns from which round trip on a choice pays. It pays where the other way is worse.
fn pays(points: &[Point]) -> String {
    let is_worse = |point: &Point| point.between == Between::Worse;
    let is_better = |point: &Point| point.between == Between::Better;
    // The points behind the last one that is not worse.
    let from = points.iter().rposition(|point| !is_worse(point)).map_or(0, |last| last + 1);
    if let [only] = points {
        let verb = match only.between {
            Between::Worse => "pays",
            Between::Better => "costs time",
            Between::AsGood => "makes no difference",
            Between::NotKnown => "is not known to pay",
        };
        return format!("{verb} at {}", distance(only));
    }
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
        Between::Worse | Between::Better => format!("{at}: {} times as long", ratio(point.ratio.value)),
        Between::NotKnown => format!("{at}: not known"),
    }
}

fn distance(point: &Point) -> String {
    crate::figures::nanoseconds(nanoseconds(point.round_trip))
}
