//! Computes the figures of one arm of a scenario.

use fanout_record::run::{Arm, Sample, Scenario};
use fanout_stats::{Estimate, LEVEL, median};

use crate::metric::Metric;

/// The figures of one arm. A figure that could not be computed is `None`; if the arm failed, all of them are.
#[derive(Debug)]
pub struct ArmSummary<'a> {
    /// The recorded arm.
    pub arm: &'a Arm,
    /// The number of requests in a batch.
    pub requests: usize,
    /// The time of a batch, in milliseconds.
    pub time: Option<Estimate>,
    /// How many times the floor's time the arm took, in the same rounds.
    pub to_floor: Option<Estimate>,
    /// The processor time per request, in microseconds.
    pub cpu: Option<Estimate>,
}

impl<'a> ArmSummary<'a> {
    /// Computes the figures of an arm, in a scenario of so many requests.
    pub(crate) fn new(arm: &'a Arm, to_floor: Option<Estimate>, requests: usize) -> Self {
        let sound = arm.failure.is_none();
        let estimate = |measure: Metric| median(&measure.values(arm)?, LEVEL).filter(|_| sound);
        let per_request = |estimate: Estimate| estimate.map(|cpu| cpu / requests.max(1) as f64);
        Self {
            arm,
            requests,
            time: estimate(Metric::Time),
            to_floor: to_floor.filter(|_| sound),
            cpu: estimate(Metric::Cpu).map(per_request),
        }
    }

    /// Returns the median of a counter over the rounds.
    #[must_use]
    pub fn typical(&self, of: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let counted: Option<Vec<f64>> = self.arm.samples.iter().map(of).collect();
        median(&counted.filter(|_| self.arm.failure.is_none())?, LEVEL).map(|estimate| estimate.value)
    }

    /// Returns the latency, in milliseconds, that this share (0 to 1) of the requests of all rounds did not exceed.
    #[must_use]
    pub fn latency(&self, share: f64) -> Option<f64> {
        self.arm
            .latencies
            .quantile(share)
            .filter(|_| self.arm.failure.is_none())
            .map(|latency| latency.as_secs_f64() * 1e3)
    }

    /// Returns the most requests that the server had waiting at once, if these are fewer than were asked for although
    /// there were enough requests. The server or the model then allows no more. Without a delay, the server cannot
    /// see requests wait.
    #[must_use]
    pub fn fewer_in_flight(&self, scenario: &Scenario) -> Option<f64> {
        // A lane that works on an answer has no request in flight meanwhile. Where the server has limits, models may
        // have good reasons to have fewer.
        if scenario.work.is_some() || !scenario.limits.is_none() {
            return None;
        }
        let seen = self.typical(|sample| Some(sample.server?.peak_in_flight as f64))?;
        let asked = self.arm.concurrency.min(self.requests) as f64;
        // A tenth may be missing because lanes start late.
        (scenario.delay_ns? > 0 && seen < 0.9 * asked).then_some(seen)
    }

    /// Returns the requests per second of the batch of median time.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        Some(self.requests as f64 / self.time?.value * 1e3)
    }

    /// Returns the figure by which rows are sorted.
    pub(crate) fn distance(&self) -> f64 {
        self.to_floor.or(self.time).map_or(f64::INFINITY, |estimate| estimate.value)
    }
}
