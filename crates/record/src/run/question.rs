//! A question of a run, and its scenarios: what was asked, in which order, and of whom.

use fanout_model::Protocol;
use serde::{Deserialize, Serialize};

use super::arm::Arm;
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
    pub scenarios: Vec<ScenarioRun>,
}

impl Question {
    /// What of it was asked for and was not measured, and why; `None` where all of it was. An arm that failed at once
    /// has nothing that was cut; one that failed later has.
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

/// One scenario: every arm ran once in each round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRun {
    /// What each arm was asked to do.
    pub scenario: Scenario,
    /// Who answered: the mock server's engine (`wiremock` or `hyper`), or the URL of a server that was not started
    /// here.
    #[serde(default = "wiremock")]
    pub server: String,
    /// Rounds that were asked for: more than there are in `order` where somebody interrupted.
    #[serde(default)]
    pub planned: Option<usize>,
    /// For each round the order in which the arms ran, as indices into `arms`.
    pub order: Vec<Vec<usize>>,
    /// Who took part.
    pub arms: Vec<Arm>,
}

/// What each arm was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// The part of the name that tells it from the question's other scenarios, such as `20`; empty where there is
    /// one.
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

/// Who answered in runs that did not say: there was no other engine then.
fn wiremock() -> String {
    "wiremock".into()
}
