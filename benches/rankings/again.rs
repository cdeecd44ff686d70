//! Measures one model against itself, and counts how often its interval excludes 1.

use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::{Context, ensure};
use fanout_harness::arm::RunningArm;
use fanout_harness::case::Case;
use fanout_harness::endpoint::Endpoint;
use fanout_models::AGAIN;
use fanout_record::run::Role;
use fanout_stats::{LEVEL, Processes, paired_ratio};
use mock_server::Engine;

/// The number of rounds in each run.
const ROUNDS: usize = 15;

/// Measures one model against itself `runs` times, and counts how often the 95 % interval excludes 1. It does so with
/// fresh processes every two rounds and in every round, and, as before, with one process for all rounds.
pub(crate) fn repeat(runs: usize, tried: bool) -> anyhow::Result<()> {
    let (concurrency, delay) = (NonZeroUsize::new(20), Duration::from_millis(1));
    let case = Case { concurrency, delay, engine: Engine::Hyper, ..Case::WARM };
    let scenario = case.scenario();
    let endpoint = Endpoint::open_for(&scenario, case.engine)?;
    let work = endpoint.work(&scenario)?;
    let entrant = case.entrant(AGAIN.id().into(), AGAIN, Role::Model)?;
    let start = || -> anyhow::Result<RunningArm> { RunningArm::new(&entrant, &work) };
    let mut excluded = [0, 0, 0];
    for _ in 0..runs {
        for (excluded, rounds_each) in excluded.iter_mut().zip([2, 1, ROUNDS]) {
            *excluded += usize::from(excludes(start, rounds_each)?);
        }
    }
    let [two, one, all] = excluded;
    println!(
        "\nOne model against itself, {runs} runs of {ROUNDS} rounds: the 95 % interval excludes 1 in {two} with \
         fresh processes every two rounds (limit 3 of 40), in {one} with fresh processes in each round (limit 3 of \
         40), and in {all} with one process each, as before."
    );
    ensure!(tried || two.max(one) * 40 <= 3 * runs, "identical arms differ too often");
    Ok(())
}

/// Measures one run, in which a process is kept for so many rounds. Returns whether its interval excludes 1.
fn excludes<'a>(start: impl Fn() -> anyhow::Result<RunningArm<'a>>, rounds_each: usize) -> anyhow::Result<bool> {
    let mut times = vec![Vec::new(), Vec::new()];
    let process_of_round: Vec<usize> = (0..ROUNDS).map(|round| round / rounds_each).collect();
    for rounds in process_of_round.chunk_by(|a, b| a == b) {
        let mut arms = [start()?, start()?];
        for _ in rounds {
            let first = usize::from(fastrand::bool());
            for arm in [first, 1 - first] {
                let (sample, _) = arms[arm].sample(times[arm].len())?;
                times[arm].push(sample.wall_ns as f64);
            }
        }
    }
    let ratio = if rounds_each < ROUNDS {
        Processes::new(&times, &process_of_round).and_then(|it| it.ratio(0, 1, LEVEL))
    } else {
        paired_ratio(&times[0], &times[1], LEVEL)
    };
    Ok(ratio.context("no rounds")?.covers(1.0) == Some(false))
}
