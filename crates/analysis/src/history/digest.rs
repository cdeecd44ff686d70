//! What a history needs of one run: a hundredth of its file.

use std::path::PathBuf;

use fanout_record::Run;
use fanout_record::machine::Machine;
use fanout_record::run::{Arm, Role, ScenarioRun};
use fanout_record::source::Source;
use fanout_record::store::place;
use fanout_stats::{LEVEL, median};
use serde::{Deserialize, Serialize};

use super::conditions::conditions;
use crate::metric::Metric;
use crate::ratios::ratio;

/// The facts and the ratios of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// The run's id.
    pub id: String,
    /// Where its file should be, below the results.
    pub place: PathBuf,
    /// When it began.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// Its first parent.
    pub parent: Option<String>,
    /// Whether tracked files differed from it.
    pub dirty: Option<bool>,
    /// Whether some of what was asked for was not measured.
    pub partial: bool,
    /// The first line of what `rustc -vV` said, and `RUSTFLAGS` where there were any.
    pub toolchain: Option<String>,
    /// Whether it was built without optimisation.
    pub debug: bool,
    /// The machine.
    pub machine: Machine,
    /// Who took part in any scenario: labels recur, and are kept once.
    pub models: Vec<ArmNames>,
    /// Scenarios with a floor that did not fail.
    pub scenarios: Vec<ScenarioDigest>,
}

/// An arm's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmNames {
    /// Its name in the tables.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why it takes part.
    pub role: Role,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioDigest {
    /// The question's name.
    pub question: String,
    /// What tells it from the question's other scenarios.
    pub parameter: String,
    /// Who answered.
    pub server: String,
    /// What was asked for: where any of it differs, it is another scenario, whatever it is called.
    pub conditions: Vec<String>,
    /// The arms that have a ratio to the floor.
    pub arms: Vec<Distance>,
}

/// `[place among the models, time in floors, its interval, microseconds of processor time a request]`. Single
/// precision tells apart what differs by a ten-millionth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance(pub usize, pub f32, pub Option<(f32, f32)>, pub Option<f32>);

impl Digest {
    /// What a history needs of this run. Arms that failed, and scenarios without a floor, leave nothing.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut models = Vec::new();
        let mut scenarios = Vec::new();
        for asked in &run.questions {
            for measured in &asked.scenarios {
                let arms = distances(measured, &mut models);
                if !arms.is_empty() {
                    let (question, server) = (asked.name.clone(), measured.server.clone());
                    let parameter = measured.scenario.parameter.clone();
                    let conditions = conditions(&measured.scenario, asked.awake);
                    scenarios.push(ScenarioDigest { question, parameter, server, conditions, arms });
                }
            }
        }
        let source = &run.source;
        Self {
            id: run.id.clone(),
            place: place(run),
            started: run.started.clone(),
            commit: source.commit.clone(),
            parent: source.parent.clone(),
            dirty: source.dirty,
            partial: run.is_partial(),
            toolchain: toolchain(source),
            debug: source.debug == Some(true),
            machine: run.machine.clone(),
            models,
            scenarios,
        }
    }
}

fn toolchain(source: &Source) -> Option<String> {
    let rustc = source.rustc.as_deref().and_then(|said| said.lines().next());
    match source.flags.as_deref().map(str::trim).filter(|flags| !flags.is_empty()) {
        Some(flags) => Some(format!("{} with RUSTFLAGS {flags}", rustc.unwrap_or("unknown toolchain"))),
        None => rustc.map(str::to_owned),
    }
}

fn distances(measured: &ScenarioRun, models: &mut Vec<ArmNames>) -> Vec<Distance> {
    let sound = || measured.arms.iter().filter(|arm| arm.failure.is_none());
    let Some(floor) = sound().find(|arm| arm.role == Role::Floor) else { return Vec::new() };
    let mut distances = Vec::new();
    // The floor is one floor from itself, always.
    for arm in sound().filter(|arm| arm.role != Role::Floor) {
        let Some(to_floor) = ratio(Metric::Time, arm, floor, LEVEL) else { continue };
        let value = to_floor.value as f32;
        if !(value > 0.0 && value.is_finite()) {
            continue;
        }
        let is = |known: &ArmNames| (&known.label, &known.model, known.role) == (&arm.label, &arm.model, arm.role);
        let place = models.iter().position(is).unwrap_or_else(|| {
            models.push(ArmNames { label: arm.label.clone(), model: arm.model.clone(), role: arm.role });
            models.len() - 1
        });
        let interval = to_floor.interval.map(|(low, high)| (low as f32, high as f32));
        distances.push(Distance(place, value, interval, cpu(arm, measured.scenario.requests)));
    }
    distances
}

/// Microseconds of processor time a request.
fn cpu(arm: &Arm, requests: usize) -> Option<f32> {
    let batch = median(&Metric::Cpu.values(arm)?, LEVEL)?.value;
    Some((batch / requests.max(1) as f64) as f32)
}
