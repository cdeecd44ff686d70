//! The schema of a run file, version 1. Durations are whole nanoseconds; times of day are RFC 3339 in UTC.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

use fanout_model::{Outcome, Protocol, Usage};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::flat::Flat;
use crate::histogram::Latencies;
use crate::machine::Machine;
use crate::source::Source;

/// The version of this schema.
pub const SCHEMA: u32 = 1;

/// One invocation of the benches: everything that was measured, and what it was measured on. Its arms are
/// [`Sampled`](crate::Sampled) where a file is read for its samples alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run<A = Arm> {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    /// A name of its own (ULID): the same run is recognised wherever its file is copied.
    pub id: String,
    /// When it began.
    pub started: String,
    /// The process that asked for it, so that the bench targets of one `cargo bench` join one run.
    pub invocation: String,
    /// The code that was measured.
    pub source: Source,
    /// The machine that it was measured on.
    pub machine: Machine,
    /// `FANOUT_*` variables that were set.
    pub variables: BTreeMap<String, String>,
    /// What each model is, in a line, by its id.
    #[serde(default)]
    pub models: BTreeMap<String, String>,
    /// One for each bench target.
    pub questions: Vec<Question<A>>,
}

impl<A> Run<A> {
    /// When and of what it is, as file names have it: `20261122T140306Z-0123456789ab`, which sorts by time and suits every
    /// file system.
    #[must_use]
    pub fn stamp(&self) -> String {
        let utc: String = self.started.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        let commit = self.source.commit.as_deref().and_then(|commit| commit.get(..12)).unwrap_or("no-commit");
        format!("{utc}-{commit}")
    }
}

impl<A: Borrow<Arm>> Run<A> {
    /// What was asked for and was not measured: a line for each question that was stopped. Empty for a whole run.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.questions.iter().filter_map(Question::missing).collect()
    }

    /// Whether some of what was asked for was not measured.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.questions.iter().any(|question| question.missing().is_some())
    }

    /// Whether it holds no sample at all, so that it says nothing of any model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut scenarios = self.questions.iter().flat_map(|question| &question.scenarios);
        scenarios.all(|measured| measured.arms.iter().all(|arm| arm.borrow().samples.is_empty()))
    }
}

impl<A: Borrow<Arm>> Question<A> {
    /// What of it was asked for and was not measured, and why; `None` where all of it was. An arm that failed at once has
    /// nothing that was cut; one that failed later has.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let mut parts = Vec::new();
        for measured in &self.scenarios {
            let name = format!("{} {}", self.name, measured.scenario.parameter);
            let (name, done) = (name.trim_end(), measured.order.len());
            let planned = measured.planned.unwrap_or(done);
            if done < planned {
                parts.push(format!("{name} has {done} of {planned} rounds"));
            }
            for arm in measured.arms.iter().map(<A as Borrow<Arm>>::borrow) {
                let done = arm.samples.len();
                if arm.failure.is_some() && (1..planned).contains(&done) {
                    parts.push(format!("{} failed in {name} after {done} of {planned} rounds", arm.label));
                }
            }
        }
        if !self.unmeasured.is_empty() {
            parts.push(format!("not measured: {}", self.unmeasured.join(", ")));
        }
        let why = self.stopped.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        (!parts.is_empty()).then(|| parts.join("; ") + &why)
    }
}

/// One bench target's measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question<A = Arm> {
    /// The target's name.
    pub name: String,
    /// What it asks, in one sentence.
    #[serde(default)]
    pub about: String,
    /// When it began.
    pub started: String,
    /// How long measuring took: servers, warming up and verification included, Criterion's analysis not.
    pub took_ns: u64,
    /// The part of it that was on the clock.
    pub on_the_clock_ns: u64,
    /// The seed of the order in which models ran.
    pub seed: u64,
    /// The bench target's arguments beside cargo's own `--bench`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Whether the processors were kept from sleeping.
    #[serde(default)]
    pub awake: bool,
    /// The load around it when it began.
    pub before: Environment,
    /// The load around it when it ended.
    pub after: Environment,
    /// Scenarios that were asked for and are not here, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<String>,
    /// Why they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What varies within the question.
    pub scenarios: Vec<ScenarioRun<A>>,
}

/// One scenario: every arm ran once in each round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRun<A = Arm> {
    /// What each arm was asked to do.
    pub scenario: Scenario,
    /// Who answered: the mock server's engine (`wiremock` or `hyper`), or the URL of a server that was not started here.
    #[serde(default = "wiremock")]
    pub server: String,
    /// Rounds that were asked for: more than there are in `order` where somebody interrupted.
    #[serde(default)]
    pub planned: Option<usize>,
    /// For each round the order in which the arms ran, as indices into `arms`.
    pub order: Vec<Vec<usize>>,
    /// Who took part.
    pub arms: Vec<A>,
}

/// What each arm was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The part of the name that tells it from the question's other scenarios, such as `20`; empty where there is one.
    pub parameter: String,
    /// Requests a batch.
    pub requests: usize,
    /// The server's delay; `None` where it is not ours.
    pub delay_ns: Option<u64>,
    /// How requests share connections; `None` where each model speaks the protocol it is made for.
    pub protocol: Option<Protocol>,
    /// Whether over TLS. The floor, which speaks none, asks the same server without.
    #[serde(default)]
    pub tls: bool,
    /// What is on the clock.
    pub start: Start,
}

/// The name of a benchmark, as Criterion, its filter and other programs have it: `question/label/parameter`, or
/// `question/label` where the question has one scenario.
#[must_use]
pub fn benchmark(question: &str, label: &str, parameter: &str) -> String {
    let parts = [question, label, parameter].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

/// The name of a scenario, for a person: `question parameter`, or the question's name where it has one scenario.
#[must_use]
pub fn title(question: &str, parameter: &str) -> String {
    format!("{question} {parameter}").trim_end().to_owned()
}

impl Scenario {
    /// The name of the benchmark of an arm of this scenario: see [`benchmark`].
    #[must_use]
    pub fn benchmark(&self, question: &str, label: &str) -> String {
        benchmark(question, label, &self.parameter)
    }

    /// The name of this scenario, for a person: see [`title`].
    #[must_use]
    pub fn title(&self, question: &str) -> String {
        title(question, &self.parameter)
    }
}

/// What is on the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Preparing the model, its batch, and ending it.
    Cold,
    /// The batch alone, with everything prepared and connected.
    Warm,
}

/// One participant of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name in this scenario.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why it takes part.
    pub role: Role,
    /// The most requests it may have in flight.
    pub concurrency: usize,
    /// What it spoke.
    #[serde(default)]
    pub protocol: Protocol,
    /// In the order of rounds.
    pub samples: Vec<Sample>,
    /// Of all requests of all samples.
    pub latencies: Latencies,
    /// One of its batches, request by request; of batches of [`MOST_DRAWN`] requests at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Why the samples end before the last round.
    pub failure: Option<String>,
}

/// The most requests that a [`Timeline`] holds.
pub const MOST_DRAWN: usize = 100;

/// A batch as it was: the one of median time among the arm's samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The round of its sample.
    pub round: usize,
    /// Its requests, in the order of their URLs.
    pub bars: Vec<Bar>,
}

/// One request: `[lane, started, finished]`, in nanoseconds from the start of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar(pub usize, pub u64, pub u64);

impl Bar {
    /// What a request's outcome says of when it was, and where.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(outcome.lane, nanoseconds(outcome.started), nanoseconds(outcome.finished))
    }

    /// From its turn to its answer.
    #[must_use]
    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.2.saturating_sub(self.1))
    }
}

/// Why an arm takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// To be compared.
    Model,
    /// As the limit of machine, server and delay.
    Floor,
    /// As the same model once more: what the method says of two identical things.
    Again,
}

/// One verified batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
pub struct Sample {
    /// The round it was taken in, from 0.
    pub round: usize,
    /// Time on the clock.
    pub wall_ns: u64,
    /// What it cost the processors on the client's side, worker processes included.
    #[serde(flatten)]
    pub usage: Usage,
    /// What the server counted, where it is ours.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub server: Option<Counted>,
}

/// What the server counted of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The most requests waiting for their answer at one time; never more than the truth.
    pub peak_in_flight: u64,
    /// Connections that carried a request; `None` for HTTP/2 on wiremock, which does not tell streams from connections.
    pub connections: Option<u64>,
}

/// Who answered in runs that did not say: there was no other engine then.
fn wiremock() -> String {
    "wiremock".into()
}
