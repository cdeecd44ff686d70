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

    /// The same with `f`, which grows, of the value and of both ends.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { value: f(self.value), interval: self.interval.map(|(low, high)| (f(low), f(high))) }
    }
}
