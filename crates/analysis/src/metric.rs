//! The measures by which models are compared, and the ratio of two arms by one of them.

use fanout_record::run::{Arm, Sample};
use fanout_stats::{Estimate, paired_ratio};

use crate::processes::{are_known, processes};

/// By what models are compared. Less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Time of a batch on the clock, in milliseconds.
    Time,
    /// Processor time of a batch, in microseconds.
    Cpu,
    /// Peak memory, in megabytes.
    Memory,
}

impl Metric {
    /// Of each sample of an arm; `None` where it was not counted.
    #[must_use]
    pub fn values(self, arm: &Arm) -> Option<Vec<f64>> {
        arm.samples.iter().map(|sample| self.of(sample)).collect()
    }

    /// Of one sample; `None` where it was not counted.
    #[must_use]
    pub fn of(self, sample: &Sample) -> Option<f64> {
        let value = match self {
            Self::Time => sample.wall_ns as f64 / 1e6,
            Self::Cpu => sample.usage.cpu().as_secs_f64() * 1e6,
            Self::Memory => sample.usage.peak_memory as f64 / 1e6,
        };
        (value > 0.0).then_some(value)
    }
}

/// How many times the floor's time an arm took, with an interval at `level`; `None` where it failed.
#[must_use]
pub fn to_floor(arm: &Arm, floor: &Arm, level: f64) -> Option<Estimate> {
    ratio(Metric::Time, arm, floor, level).filter(|_| arm.failure.is_none())
}

/// How many times as much of a measure `a` took as `b`, over the rounds that both have. The interval is over processes,
/// or over rounds in runs that had one process for all of them.
#[must_use]
pub fn ratio(measure: Metric, a: &Arm, b: &Arm, level: f64) -> Option<Estimate> {
    if are_known(&[a, b]) {
        return processes(measure, &[a, b])?.ratio(0, 1, level);
    }
    let n = a.samples.len().min(b.samples.len());
    paired_ratio(&measure.values(a)?[..n], &measure.values(b)?[..n], level)
}
