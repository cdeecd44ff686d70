//! A value with its interval.

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

    /// The noise bound, if this is the ratio of one thing measured twice, which is known to be 1: the farther end of
    /// the interval, as a ratio of 1 or more, if the interval does not cover 1; else, or without one, 1. A
    /// difference within the noise bound is not counted. (This rule is ours.)
    #[must_use]
    pub fn noise_bound(&self) -> f64 {
        let farthest = self.interval.map_or(1.0, |(low, high)| high.max(1.0 / low));
        if self.covers(1.0) == Some(false) { farthest } else { 1.0 }
    }

    /// The same with `f`, which grows, of the value and of both ends.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { value: f(self.value), interval: self.interval.map(|(low, high)| (f(low), f(high))) }
    }
}
