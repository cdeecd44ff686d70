//! The statistics of a comparison: pure functions, no random numbers, no clock.
//!
//! - [`median`] of one model's rounds, with an exact interval.
//! - [`paired_ratio`] of two models over the same rounds, with an exact interval: the figure behind every "faster".

mod median;
mod ratio;

pub use median::{median, order_statistic_rank};
pub use ratio::paired_ratio;

/// A value and, where there are rounds enough, the interval that covers the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best single value.
    pub value: f64,
    /// Lower and upper end; `None` where there are too few rounds for the level asked for.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// Whether the interval covers `value`; `None` where there is no interval.
    #[must_use]
    pub fn covers(&self, value: f64) -> Option<bool> {
        self.interval.map(|(low, high)| low <= value && value <= high)
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { value: f(self.value), interval: self.interval.map(|(low, high)| (f(low), f(high))) }
    }
}
