//! Takes from one run the part that a history needs, which is a hundredth of the run's file.

use std::path::PathBuf;

use fanout_record::Run;
use fanout_record::machine::Machine;
use fanout_record::run::{Arm, Role, ScenarioRun};
use fanout_record::source::Source;
use fanout_record::store::place;
use fanout_stats::{Between, LEVEL, median};
use serde::{Deserialize, Serialize};

use super::conditions::conditions;
use crate::compared::margin;
use crate::floors::reference;
use crate::metric::Metric;
use crate::ranking::control_shows;
use crate::ratios::ratio;

/// The facts and the ratios of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// The run's id.
    pub id: String,
    /// The path that the run's file should have, below the results.
    pub place: PathBuf,
    /// When the run began.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// The first parent of that commit.
    pub parent: Option<String>,
    /// Whether tracked files differed from that commit.
    pub dirty: Option<bool>,
    /// Whether some of what was asked for was not measured.
    pub partial: bool,
    /// The first line of the output of `rustc -vV`, and `RUSTFLAGS` if there were any.
    pub toolchain: Option<String>,
    /// Whether the program was built without optimisation.
    pub debug: bool,
    /// The machine.
    pub machine: Machine,
    /// The names of the arms that took part in any scenario. An arm recurs in many scenarios, and is kept once.
    pub models: Vec<ArmNames>,
    /// The scenarios with a floor that did not fail.
    pub scenarios: Vec<ScenarioDigest>,
}

/// An arm's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmNames {
    /// The arm's name in the tables, with the number of workers elsewhere ([`Arm::name_among_runs`]).
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why the arm takes part.
    pub role: Role,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioDigest {
    /// The question's name.
    pub question: String,
    /// The part of the scenario's name that tells it from the question's other scenarios.
    pub parameter: String,
    /// The server that answered.
    pub server: String,
    /// The conditions that were asked for. Any difference in them makes another scenario, even under the same name.
    pub conditions: Vec<String>,
    /// The number of rounds.
    pub rounds: usize,
    /// The number of rounds in which other programs, or the hypervisor, took much of the processors' time.
    pub disturbed: usize,
    /// Whether the model that was entered twice agrees with itself by time; `None` if no model was.
    pub again: Option<Again>,
    /// The arms that have a ratio to the floor.
    pub arms: Vec<Distance>,
}

/// What the model that was entered twice shows by time, as the warnings of a run's page have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// It agrees with itself.
    Agrees,
    /// It differs from itself.
    Differs,
    /// Neither is known, because the interval is too wide.
    NotKnown,
}

/// The distance of an arm from the floor: `[place among the models, time in floors, its interval, microseconds of
/// processor time a request]`. Single precision is enough to tell values apart that differ by a ten-millionth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance(pub usize, pub f32, pub Option<(f32, f32)>, pub Option<f32>);

impl Digest {
    /// Returns what a history needs of this run. Arms that failed and scenarios without a floor are left out.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut models = Vec::new();
        let mut scenarios = Vec::new();
        let margin = margin(run);
        for asked in &run.questions {
            for measured in &asked.scenarios {
                let arms = distances(measured, &mut models);
                if !arms.is_empty() {
                    let (question, server) = (asked.name.clone(), measured.server.clone());
                    let parameter = measured.scenario.parameter.clone();
                    let conditions = conditions(measured, asked.awake);
                    let (rounds, disturbed) = (measured.order.len(), measured.disturbed.len());
                    let again = again(measured, margin);
                    scenarios.push(ScenarioDigest {
                        question,
                        parameter,
                        server,
                        conditions,
                        rounds,
                        disturbed,
                        again,
                        arms,
                    });
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
    let flags = source.flags.as_deref().map(str::trim).filter(|flags| !flags.is_empty());
    let with = [("RUSTFLAGS", flags), ("the allocator", source.allocator.as_deref())];
    let with: String = with.iter().filter_map(|(name, value)| Some(format!(" with {name} {}", (*value)?))).collect();
    if with.is_empty() {
        rustc.map(str::to_owned)
    } else {
        Some(rustc.unwrap_or("unknown toolchain").to_owned() + &with)
    }
}

fn distances(measured: &ScenarioRun, models: &mut Vec<ArmNames>) -> Vec<Distance> {
    let sound = || measured.arms.iter().filter(|arm| arm.failure.is_none());
    // The same control arm in all runs.
    let Some(floor) = reference(measured).map(|place| &measured.arms[place]) else { return Vec::new() };
    let mut distances = Vec::new();
    // The floor is left out, because it is always one floor from itself, and mistakes, because they are no models.
    for arm in sound().filter(|arm| matches!(arm.role, Role::Model | Role::Again)) {
        let Some(to_floor) = ratio(Metric::Time, arm, floor, LEVEL) else { continue };
        let value = to_floor.value as f32;
        if !(value > 0.0 && value.is_finite()) {
            continue;
        }
        let names = ArmNames { label: arm.name_among_runs(), model: arm.model.clone(), role: arm.role };
        let place = models.iter().position(|known| *known == names).unwrap_or_else(|| {
            models.push(names);
            models.len() - 1
        });
        let interval = to_floor.interval.map(|(low, high)| (low as f32, high as f32));
        distances.push(Distance(place, value, interval, cpu(arm, measured.scenario.requests)));
    }
    distances
}

fn again(measured: &ScenarioRun, margin: f64) -> Option<Again> {
    let arms: Vec<&Arm> = measured.arms.iter().collect();
    Some(match control_shows(Metric::Time, &arms, margin)? {
        Between::AsGood => Again::Agrees,
        Between::Better | Between::Worse => Again::Differs,
        Between::NotKnown => Again::NotKnown,
    })
}

/// Returns the processor time per request, in microseconds.
fn cpu(arm: &Arm, requests: usize) -> Option<f32> {
    let batch = median(&Metric::Cpu.values(arm)?, LEVEL)?.value;
    Some((batch / requests.max(1) as f64) as f32)
}
