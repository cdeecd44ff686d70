//! What do the counters cost? The bench makes batches of 100 requests with a delay of 5 ms and 20 in flight. It does
//! so with all counters and with none, in two processes that take turns in random order.
//!
//! The answer looks like: a ratio whose interval contains 1, or lies within 1 % of it. The bench does not show how
//! much time reading the counters takes from another process on a busy machine.
//! `cargo bench -p fanout-benches --bench accounting` runs it, in under a minute.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use fanout_harness::arm::{Assignment, RunningArm};
use fanout_harness::case::Case;
use fanout_harness::endpoint::Endpoint;
use fanout_model::Model;
use fanout_models::AGAIN;
use fanout_record::run::Role;
use fanout_stats::paired_ratio;
use fanout_suite::by_name::{ended, is_tried};

/// The most that counting may cost, as a ratio.
const MOST: f64 = 1.01;

fn main() -> ExitCode {
    fanout_harness::enter();
    // A trial run has too few rounds for a verdict.
    let tried = is_tried();
    ended("accounting", compare(AGAIN, if tried { 10 } else { 400 }, tried))
}

fn compare(model: &'static dyn Model, rounds: usize, tried: bool) -> anyhow::Result<()> {
    let case = Case { concurrency: NonZeroUsize::new(20), delay: Duration::from_millis(5), ..Case::WARM };
    let (entrant, scenario) = (case.entrant(model.id().into(), model, Role::Model)?, case.scenario());
    let endpoint = Endpoint::open_for(&scenario, case.engine)?;
    let counted = endpoint.work(&scenario)?;
    let bare = Assignment { counted: false, ..endpoint.work(&scenario)? };
    let mut arms = [RunningArm::new(&entrant, &counted)?, RunningArm::new(&entrant, &bare)?];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let first = usize::from(fastrand::bool());
        for arm in [first, 1 - first] {
            times[arm].push(arms[arm].sample(round)?.0.wall_ns as f64);
        }
    }
    let ratio = paired_ratio(&times[0], &times[1], 0.95).context("no rounds")?;
    let (low, high) = ratio.interval.context("too few rounds")?;
    println!("counted / not counted: {:.4} ({low:.4} .. {high:.4}), {rounds} rounds, {}", ratio.value, model.id());
    ensure!(tried || low <= 1.0 || high <= MOST, "counting may take more than {:.0} %", 100.0 * (MOST - 1.0));
    Ok(())
}
