//! Makes a model slower on purpose, to test whether a comparison finds the slowdown.

use std::hint::spin_loop;
use std::time::Duration;

use fanout_model::{Outcome, Request, Runner, Usage};
use nix::time::{ClockId, clock_gettime};

/// Returns `runner` itself for 0 percent. Otherwise returns a runner that spends so much more processor time on each
/// batch, when the batch is done.
pub(crate) fn slowed_down(runner: Box<dyn Runner>, percent: f64) -> Box<dyn Runner> {
    if percent > 0.0 { Box::new(Slowed { runner, percent }) } else { runner }
}

struct Slowed {
    runner: Box<dyn Runner>,
    percent: f64,
}

impl Runner for Slowed {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let before = spent(ClockId::CLOCK_PROCESS_CPUTIME_ID);
        let outcomes = self.runner.run(requests);
        let cost = spent(ClockId::CLOCK_PROCESS_CPUTIME_ID).saturating_sub(before);
        let until = spent(ClockId::CLOCK_THREAD_CPUTIME_ID) + cost.mul_f64(self.percent / 100.0);
        while spent(ClockId::CLOCK_THREAD_CPUTIME_ID) < until {
            spin_loop();
        }
        outcomes
    }

    fn usage_elsewhere(&self) -> Usage {
        self.runner.usage_elsewhere()
    }

    fn workers_elsewhere(&self) -> Option<usize> {
        self.runner.workers_elsewhere()
    }
}

/// Returns the processor time so far, or zero if the clock can't be read.
fn spent(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}
