//! Defines a question of a run and its scenarios: what was asked, in which order, and of which arms.

use fanout_model::Protocol;
use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::exchange::{Asked, Exchange, Work};
use super::limits::Limits;
use super::network::{Network, Transport};
use crate::environment::Environment;

/// One bench target's measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The target's name.
    pub name: String,
    /// What it asks, in one sentence.
    #[serde(default)]
    pub about: String,
    /// When it began.
    pub started: String,
    /// How long measuring took, with servers, warm-up and verification, but without Criterion's analysis.
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
    /// The load around the measurement when it began.
    pub before: Environment,
    /// The load around the measurement when it ended.
    pub after: Environment,
    /// The names of the scenarios that were asked for and are not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<String>,
    /// Why they are not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The scenarios of the question that were measured.
    pub scenarios: Vec<ScenarioRun>,
}

impl Question {
    /// Says what was asked for and was not measured, and why; `None` if all of it was measured. An arm that failed
    /// before its first sample is not named, but one that failed later is.
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
            for arm in &measured.arms {
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

/// One measured scenario. Every arm that did not rest ran once in each round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRun {
    /// What each arm was asked to do.
    pub scenario: Scenario,
    /// Who answered: the mock server's engine (`wiremock` or `hyper`), `ENGINE at HOST:PORT` for a mock server on
    /// another machine, or the URL of a server that was not started for this run.
    #[serde(default = "wiremock")]
    pub server: String,
    /// How long a connection to a mock server on another machine takes to open; `None` for any other server. All
    /// other times are the client's as well: the clock is on this machine alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ns: Option<u64>,
    /// How the network that was made for it carried what was sent; `None` if none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How many rounds were asked for. If somebody interrupted, they are more than there are in `order`.
    #[serde(default)]
    pub planned: Option<usize>,
    /// Why there are no more rounds; `None` in runs before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// For each round the order in which the arms ran, as indices into `arms`. An arm that was settled early may rest
    /// in later rounds.
    pub order: Vec<Vec<usize>>,
    /// The rounds in which other programs took much of the processors' time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbed: Vec<Disturbance>,
    /// The arms that took part.
    pub arms: Vec<Arm>,
}

impl ScenarioRun {
    /// Returns whether each answer comes as soon as the server has it: see [`Scenario::is_answered_at_once`]. A
    /// server on another machine is a distance away.
    #[must_use]
    pub fn is_answered_at_once(&self) -> bool {
        self.scenario.is_answered_at_once() && self.round_trip_ns.is_none()
    }
}

/// Why a scenario has no more rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Every model was settled, or its interval was as narrow as the margin needs.
    Settled,
    /// All rounds that were asked for were measured.
    Rounds,
    /// The scenario's share of the time was used up.
    Budget,
    /// Somebody interrupted the run.
    Interrupted,
}

/// A round in which other programs, or the hypervisor, took much of the processors' time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disturbance {
    /// The round, from 0.
    pub round: usize,
    /// The share of the processors' time that they took, from 0 to 1.
    pub share: f64,
}

/// What each arm was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The part of the name that tells it from the question's other scenarios, such as `20`; empty if there is only
    /// one.
    pub parameter: String,
    /// The number of requests in a batch. An arm may have a share of them in a batch, or a multiple of them:
    /// [`Sample::share`](super::Sample::share).
    pub requests: usize,
    /// The server's delay; `None` if the server is not the mock server.
    pub delay_ns: Option<u64>,
    /// How requests share connections; `None` if each model speaks the protocol it is made for.
    pub protocol: Option<Protocol>,
    /// Whether the requests go over TLS. The floor does not speak it, and asks the same server without TLS.
    #[serde(default)]
    pub tls: bool,
    /// What is on the clock.
    pub start: Start,
    /// What each request asks for.
    #[serde(default, skip_serializing_if = "Exchange::is_uuid")]
    pub exchange: Exchange,
    /// How much the processor works on each answer; `None` if it is only checked. The floor does not do this work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The user's own requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// How much the mock server takes.
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    /// How often a model may send a request again that failed in passing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// The network that was made for it; `None` for the one that was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Returns the Criterion benchmark name, as Criterion, its filter and other programs have it:
/// `question/label/parameter`, or `question/label` if the question has one scenario.
#[must_use]
pub fn benchmark(question: &str, label: &str, parameter: &str) -> String {
    let parts = [question, label, parameter].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

/// Returns the name of a scenario, for a person: `question parameter`, or the question's name if it has one scenario.
#[must_use]
pub fn title(question: &str, parameter: &str) -> String {
    format!("{question} {parameter}").trim_end().to_owned()
}

impl Scenario {
    /// Returns whether each answer comes as soon as the server has it: there is no delay, and no network was made,
    /// with its distance. `None` for the delay counts as some delay.
    #[must_use]
    pub fn is_answered_at_once(&self) -> bool {
        self.delay_ns == Some(0) && self.network.is_none()
    }

    /// Returns the Criterion benchmark name of an arm of this scenario: see [`benchmark`].
    #[must_use]
    pub fn benchmark(&self, question: &str, label: &str) -> String {
        benchmark(question, label, &self.parameter)
    }

    /// Returns the name of this scenario, for a person: see [`title`].
    #[must_use]
    pub fn title(&self, question: &str) -> String {
        title(question, &self.parameter)
    }
}

/// What is on the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Preparing the model, running its batch, and ending the model.
    Cold,
    /// The batch alone, with everything prepared and connected.
    Warm,
}

/// Returns the engine that answered in runs that do not say who did. There was no other engine then.
fn wiremock() -> String {
    "wiremock".into()
}
