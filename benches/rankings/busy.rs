//! Measures models while another process is busy for a tenth of the time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use anyhow::Context;
use fanout_harness::awake::Awake;
use fanout_harness::case::Case;
use fanout_harness::endpoint::Destination;
use fanout_harness::plan::Plan;
use fanout_harness::rounds;
use fanout_harness::schedule::{Progressed, Schedule};
use fanout_models::ROSTER;
use fanout_record::run::{Role, ScenarioRun};
use fanout_suite::taking_part::chooses;
use fastrand::Rng;

use crate::made::{Pools, pools};

/// How long the other process stays busy, besides the 50 ms of its start.
const BUSY: Duration = Duration::from_millis(100);

/// How long no other process is busy, after each that was.
const AT_REST: Duration = Duration::from_millis(1_350);

/// The number of runs.
const RUNS: usize = 2;

/// Measures some scenarios in each run, and returns their arms.
pub(crate) fn measured(tried: bool) -> anyhow::Result<Pools> {
    let (runs, delays) = if tried { (1, &[1][..]) } else { (RUNS, &[1, 5][..]) };
    let over = AtomicBool::new(false);
    scope(|scope| {
        let busy = scope.spawn(|| be_busy_until(&over));
        let scenarios = {
            let _over = Over(&over);
            let measured = (0..runs).flat_map(|_| delays).map(|delay| scenario(*delay, if tried { 10 } else { 30 }));
            measured.collect::<anyhow::Result<Vec<ScenarioRun>>>()
        };
        busy.join().expect("it does not panic").context("no other process could be busy")?;
        pools(scenarios?.iter())
    })
}

/// Dropping it says that the measurement is over, also after a panic.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has another process be busy now and then, until the measurement is over.
fn be_busy_until(over: &AtomicBool) -> std::io::Result<()> {
    while !over.load(Ordering::Relaxed) {
        let busy = Awake::busy(1)?;
        sleep(BUSY);
        drop(busy);
        sleep(AT_REST);
    }
    Ok(())
}

/// Measures all models that have a number of requests in flight, with so many milliseconds of delay.
fn scenario(delay: u64, rounds: usize) -> anyhow::Result<ScenarioRun> {
    let (concurrency, delay) = (NonZeroUsize::new(20), Duration::from_millis(delay));
    let case = Case { concurrency, delay, ..Case::WARM };
    let models = ROSTER.iter().filter(|model| chooses(**model) && model.available().is_ok());
    let entrants = models.map(|model| case.entrant(model.id().into(), *model, Role::Model));
    let plan = Plan {
        scenario: case.scenario(),
        engine: case.engine,
        congestion: None,
        entrants: entrants.collect::<Result<_, _>>()?,
        schedule: Schedule::exactly(rounds),
    };
    rounds::measure("busy", &plan, Destination::Here, &mut Rng::new(), &|_| Progressed::default())
}
