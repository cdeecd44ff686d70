//! The measures by which models are compared.

use fanout_record::run::{Arm, Sample};

/// A measure by which models are compared. Less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The time of a batch on the clock, in milliseconds. A batch with more or fewer requests than the scenario says
    /// counts as if it had as many. The same holds for the processor time.
    Time,
    /// The processor time of a batch, in microseconds.
    Cpu,
    /// The peak memory, in megabytes.
    Memory,
}

impl Metric {
    /// Returns the measure of each sample of an arm, or `None` if it was not counted in one of them.
    #[must_use]
    pub fn values(self, arm: &Arm) -> Option<Vec<f64>> {
        arm.samples.iter().map(|sample| self.of(sample)).collect()
    }

    /// Returns the measure of one sample, or `None` if it was not counted.
    #[must_use]
    pub fn of(self, sample: &Sample) -> Option<f64> {
        let value = match self {
            Self::Time => sample.time().as_nanos() as f64 / 1e6,
            Self::Cpu => sample.cpu().as_secs_f64() * 1e6,
            Self::Memory => sample.usage.peak_memory as f64 / 1e6,
        };
        (value > 0.0).then_some(value)
    }
}
