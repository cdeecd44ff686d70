//! Defines an arm: one participant of a scenario, with its samples, and with one of its batches request by request.

use std::time::Duration;

use fanout_model::{Outcome, Protocol, nanoseconds};
use serde::{Deserialize, Serialize};

use super::latencies::Latencies;
use super::sample::{self, Sample};

/// One participant of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name in this scenario.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why it takes part.
    pub role: Role,
    /// The label of the model that a mistake is compared with, or of a peer's counterpart in Rust; `None` for every
    /// other arm, and for a peer without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// The most requests it may have in flight.
    pub concurrency: usize,
    /// How many workers elsewhere carried its requests, in the batch that had the fewest; `None` for a model whose
    /// requests no worker elsewhere carries, and in runs of before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
    /// The protocol that it spoke.
    #[serde(default)]
    pub protocol: Protocol,
    /// Whether it spoke TLS although the scenario's other arms did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
    /// The samples, in the order of rounds.
    #[serde(with = "sample::columns")]
    pub samples: Vec<Sample>,
    /// The latencies of all requests of all samples. In a file, they are among the run's details.
    #[serde(default, skip_serializing)]
    pub latencies: Latencies,
    /// One of its batches, request by request, if its batches have at most [`MOST_DRAWN`] requests. In a file, it is
    /// among the run's details.
    #[serde(default, skip_serializing)]
    pub timeline: Option<Timeline>,
    /// Why the samples end before the last round.
    pub failure: Option<String>,
}

impl Arm {
    /// Returns the name by which arms of several runs are the same: the label, and how many workers elsewhere there
    /// were. With another number of workers, a model is not expected to take the same time.
    #[must_use]
    pub fn name_among_runs(&self) -> String {
        match self.workers {
            Some(1) => format!("{} with 1 worker", self.label),
            Some(workers) => format!("{} with {workers} workers", self.label),
            None => self.label.clone(),
        }
    }
}

/// The part of an arm that only pictures and quantiles need, which is two thirds of a run. In a file, it is behind
/// everything else, so that a program that reads a thousand runs for their samples can leave it out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Details {
    pub(super) latencies: Latencies,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeline: Option<Timeline>,
}

/// The most requests that a [`Timeline`] holds.
pub const MOST_DRAWN: usize = 100;

/// One batch as it was: the one with the median time among the arm's samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TimelineForm", into = "TimelineForm")]
pub struct Timeline {
    /// The round of the batch's sample.
    pub round: usize,
    /// The batch's requests, in their order.
    pub bars: Vec<Bar>,
}

impl Timeline {
    /// Makes the timeline of a batch. Its times are rounded to 1, 10, 100 or more nanoseconds: the largest power of
    /// ten that is at most a thousandth of the batch. A picture shows no more, and in whole nanoseconds the timelines
    /// would be half of a file.
    #[must_use]
    pub fn of(round: usize, bars: &[Bar]) -> Self {
        let thousandth = bars.iter().map(|bar| bar.2).max().unwrap_or(0) / 1_000;
        let step = 10_u64.pow(thousandth.checked_ilog10().unwrap_or(0));
        let rounded = |time: u64| time.saturating_add(step / 2) / step * step;
        let bars = bars.iter().map(|Bar(lane, from, to)| Bar(*lane, rounded(*from), rounded(*to))).collect();
        Self { round, bars }
    }
}

/// The form of a timeline in a file, column by column. Version 1 had `bars`, each `[lane, started, finished]`.
#[derive(Serialize, Deserialize)]
struct TimelineForm {
    round: usize,
    #[serde(skip_serializing)]
    bars: Option<Vec<(usize, u64, u64)>>,
    lanes: Option<Vec<usize>>,
    started_ns: Option<Vec<u64>>,
    finished_ns: Option<Vec<u64>>,
}

impl From<Timeline> for TimelineForm {
    fn from(Timeline { round, bars }: Timeline) -> Self {
        Self {
            round,
            bars: None,
            lanes: Some(bars.iter().map(|bar| bar.0).collect()),
            started_ns: Some(bars.iter().map(|bar| bar.1).collect()),
            finished_ns: Some(bars.iter().map(|bar| bar.2).collect()),
        }
    }
}

impl TryFrom<TimelineForm> for Timeline {
    type Error = &'static str;

    fn try_from(form: TimelineForm) -> Result<Self, Self::Error> {
        let TimelineForm { round, bars, lanes, started_ns, finished_ns } = form;
        let bars = match (bars, lanes, started_ns, finished_ns) {
            (Some(bars), None, None, None) => bars.into_iter().map(|(lane, from, to)| Bar(lane, from, to)).collect(),
            (None, Some(lanes), Some(started), Some(finished)) => {
                if lanes.len() != started.len() || lanes.len() != finished.len() {
                    return Err("a timeline's `lanes`, `started_ns` and `finished_ns` differ in length");
                }
                let ends = started.into_iter().zip(finished);
                lanes.into_iter().zip(ends).map(|(lane, (from, to))| Bar(lane, from, to)).collect()
            }
            _ => return Err("a timeline needs `lanes`, `started_ns` and `finished_ns`"),
        };
        Ok(Self { round, bars })
    }
}

/// One request: its lane, and when it started and finished, in nanoseconds from the start of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar(pub usize, pub u64, pub u64);

impl Bar {
    /// Takes from a request's outcome when the request was made, and on which lane.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        Self(outcome.lane, nanoseconds(outcome.started), nanoseconds(outcome.finished))
    }

    /// Returns the time from the request's turn to its answer.
    #[must_use]
    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.2.saturating_sub(self.1))
    }
}

/// Why an arm takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The arm is a model that is compared.
    Model,
    /// The arm is the floor, which shows the limit of the machine, the server and the delay.
    Floor,
    /// The arm is a model that is entered a second time, which shows what the method says about two identical things.
    Again,
    /// The arm is a mistake: the twin of a right model, wrong in one way. No ranking counts it.
    Mistake,
    /// The arm is a peer: a program in another language. No ranking and no history counts it.
    Peer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_timeline_are_rounded_to_less_than_a_thousandth_of_the_batch() {
        let of = |bars: &[Bar]| Timeline::of(3, bars).bars;
        assert_eq!(of(&[Bar(0, 1_234_567, 9_876_543)]), [Bar(0, 1_235_000, 9_877_000)]);
        assert_eq!(of(&[Bar(1, 0, 999), Bar(2, 5, 6)]), [Bar(1, 0, 999), Bar(2, 5, 6)]);
        assert_eq!(of(&[Bar(0, u64::MAX, u64::MAX)]).len(), 1);
        assert_eq!(of(&[]), []);
    }
}
