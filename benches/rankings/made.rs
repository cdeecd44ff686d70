//! Makes models whose true times are known from the noise of measured arms.

use anyhow::{Context, ensure};
use fanout_analysis::validity::processes_known;
use fanout_record::paths::results;
use fanout_record::run::{Arm, Role, Run, ScenarioRun};
use fanout_record::{last, read, store};
use fanout_stats::{LEVEL, median};
use fastrand::Rng;

/// The number of models in each comparison.
pub(crate) const MODELS: usize = 16;

/// The true times of the models, as ratios to the best: six are the best, three each take 5 % and 10 % more, and four
/// take 20 % more.
pub(crate) const TRUTH: [f64; MODELS] =
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.05, 1.05, 1.05, 1.1, 1.1, 1.1, 1.2, 1.2, 1.2, 1.2];

/// The spread of the process effects that are added.
const PROCESS_EFFECT: f64 = 0.01;

/// The distance of each round of an arm from the arm's middle, as a logarithm.
type Pool = Vec<f64>;

/// The arms of each measured scenario.
pub(crate) type Pools = Vec<Vec<Pool>>;

/// Returns the arms of each recorded scenario that has enough arms with enough rounds.
pub(crate) fn recorded() -> anyhow::Result<Pools> {
    let mut runs: Vec<Run> = Vec::new();
    for path in store::runs(&results())? {
        runs.push(read::run(&path)?);
    }
    // The last run is used if there is one and its processes are known.
    runs.extend(read::run(&last::path()).ok().filter(processes_known));
    pools(runs.iter().flat_map(|run| &run.questions).flat_map(|question| &question.scenarios))
        .context("no recorded run can be used: record one with `cargo fanout record`")
}

/// Returns the arms of each of these scenarios that has enough arms with enough rounds.
///
/// # Errors
/// If no scenario has.
pub(crate) fn pools<'a>(scenarios: impl Iterator<Item = &'a ScenarioRun>) -> anyhow::Result<Pools> {
    let of_scenario = |measured: &ScenarioRun| {
        let whole = |arm: &&Arm| arm.role == Role::Model && arm.failure.is_none() && arm.samples.len() >= 10;
        measured.arms.iter().filter(whole).map(pool).collect()
    };
    let pools: Pools = scenarios.map(of_scenario).filter(|arms: &Vec<Pool>| arms.len() > 5).collect();
    ensure!(!pools.is_empty(), "no scenario has six models with ten rounds each");
    Ok(pools)
}

fn pool(arm: &Arm) -> Pool {
    let logs: Vec<f64> = arm.samples.iter().map(|sample| (sample.wall_ns as f64).ln()).collect();
    let middle = median(&logs, LEVEL).map_or(0.0, |median| median.value);
    logs.iter().map(|log| log - middle).collect()
}

/// The measurements of some models.
pub(crate) struct Members {
    /// The values of each model, round by round.
    pub(crate) values: Vec<Vec<f64>>,
    /// For how many rounds a process is kept.
    pub(crate) rounds_each: usize,
}

impl Members {
    /// Returns the process of each of the first `rounds` rounds.
    pub(crate) fn process_of_round(&self, rounds: usize) -> Vec<usize> {
        (0..rounds).map(|round| round / self.rounds_each).collect()
    }
}

/// Makes models with the true times `truth`, and with the noise of the arms of one measured scenario. They keep each
/// process for `rounds_each` rounds.
pub(crate) fn members(
    pools: &Pools,
    truth: &[f64],
    rounds: usize,
    rounds_each: usize,
    disturbed: bool,
    rng: &mut Rng,
) -> Members {
    let arms = &pools[rng.usize(..pools.len())];
    let member = |truth: &f64, rng: &mut Rng| {
        let arm = &arms[rng.usize(..arms.len())];
        // The sum of twelve uniform numbers is about normal, and has a variance of 1.
        let effect = |rng: &mut Rng| PROCESS_EFFECT * ((0..12).map(|_| rng.f64()).sum::<f64>() - 6.0);
        let effects: Vec<f64> = (0..rounds.div_ceil(rounds_each)).map(|_| effect(rng)).collect();
        let round = |round: usize, rng: &mut Rng| {
            let log = arm[rng.usize(..arm.len())];
            // The sign is turned half of the time, so that the mean and the median of a model are the same, and one
            // value is its truth.
            let sign = if rng.bool() { 1.0 } else { -1.0 };
            (sign * log + effects[round / rounds_each]).exp() * truth
        };
        let mut values: Vec<f64> = (0..rounds).map(|i| round(i, rng)).collect();
        if disturbed {
            values.iter_mut().filter(|_| rng.usize(..15) == 0).for_each(|value| *value *= 2.0);
        }
        values
    };
    Members { values: truth.iter().map(|truth| member(truth, rng)).collect(), rounds_each }
}
