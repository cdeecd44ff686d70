//! A value with its interval.

/// A value and, if there are enough rounds, the interval that covers the true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best single value.
    pub value: f64,
    /// The lower and the upper end; `None` if there are too few rounds for the level that was asked for.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// Returns whether the interval covers `value`, or `None` if there is no interval.
    #[must_use]
    pub fn covers(&self, value: f64) -> Option<bool> {
        self.interval.map(|(low, high)| low <= value && value <= high)
    }

    /// Returns the noise bound, if this is the ratio of one thing that was measured twice, which is known to be 1. If
    /// the interval does not cover 1, the bound is the farther end of the interval, as a ratio of 1 or more. If the
    /// interval covers 1, or if there is none, the bound is 1. A difference within the noise bound is not counted.
    /// (This rule is ours.)
    #[must_use]
    pub fn noise_bound(&self) -> f64 {
        let farthest = self.interval.map_or(1.0, |(low, high)| high.max(1.0 / low));
        if self.covers(1.0) == Some(false) { farthest } else { 1.0 }
    }

    /// Returns the estimate with `f` applied to the value and to both ends. `f` must be increasing.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { value: f(self.value), interval: self.interval.map(|(low, high)| (f(low), f(high))) }
    }
}
