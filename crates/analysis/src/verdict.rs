//! Judges what a ratio of two sides shows: whether the second side is slower.

use fanout_stats::Estimate;
use serde::{Deserialize, Serialize};

/// The meaning of the interval of a ratio. A verdict outweighs those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The interval lies within the threshold on both sides: there is no difference that matters.
    Equivalent,
    /// The second side is faster. Whether the difference is larger than the threshold may be open.
    Improved,
    /// The interval is too wide for any of the other verdicts.
    Inconclusive,
    /// The second side is slower. Whether the difference is larger than the threshold may be open.
    Regressed,
}

impl Verdict {
    /// Returns whether the verdict says that one side is faster than the other.
    #[must_use]
    pub fn differs(self) -> bool {
        matches!(self, Self::Improved | Self::Regressed)
    }
}

/// Returns the verdict on the logarithm of a ratio. A difference counts if its interval lies beyond `noise_bound`,
/// and matters from `threshold` on. Both limits are logarithms as well.
#[must_use]
pub fn verdict(log_ratio: Estimate, threshold: f64, noise_bound: f64) -> Verdict {
    match log_ratio.interval {
        None => Verdict::Inconclusive,
        Some((low, high)) if -threshold <= low && high <= threshold => Verdict::Equivalent,
        Some((low, _)) if low > noise_bound => Verdict::Regressed,
        Some((_, high)) if high < -noise_bound => Verdict::Improved,
        Some(_) => Verdict::Inconclusive,
    }
}
