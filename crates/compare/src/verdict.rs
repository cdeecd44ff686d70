//! What sessions show: is the second build slower, by time or by processor time?

use fanout_stats::{Estimate, LEVEL, mean, median};
use serde::{Deserialize, Serialize};

use crate::trial::{Cost, Session};

/// By what builds are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Time on the clock.
    Time,
    /// Processor time.
    Cpu,
}

/// Both.
pub const MEASURES: [Measure; 2] = [Measure::Time, Measure::Cpu];

/// What is made of a ratio's interval; in the order in which one outweighs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The interval lies within the threshold on both sides: no difference that matters.
    Equivalent,
    /// Faster beyond doubt, and perhaps beyond the threshold: the interval reaches beyond it.
    Improved,
    /// The interval is too wide to say.
    Inconclusive,
    /// Slower beyond doubt, and perhaps beyond the threshold: the interval reaches beyond it.
    Regressed,
}

impl Verdict {
    /// Whether it says that one is faster than the other.
    #[must_use]
    pub fn differs(self) -> bool {
        matches!(self, Self::Improved | Self::Regressed)
    }
}

/// One measure of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// By what.
    pub measure: Measure,
    /// How many times as much B takes as A.
    pub ratio: Estimate,
    /// How many times as much A takes as A.
    pub identical: Estimate,
    /// The smallest difference that matters, as a share: the one that was asked for, or what A against itself shows.
    pub threshold: f64,
    /// What is made of it.
    pub verdict: Verdict,
}

/// Judges sessions by one measure. `threshold` is the smallest difference that matters, as a share (0.03 for 3 %); `level`
/// is the interval's, but not that of A against itself, which is always [`LEVEL`].
///
/// A session's figure is ln(B / A) of the medians over its rounds, A being the geometric mean of A's and A again's; the
/// estimate is the mean over sessions with Student's interval. Of the medians, and not the median of each round's ratio:
/// costs are skewed, the mean of two of them is less so than one, and identical builds would differ by 0.5 %. What A
/// against A again shows beyond doubt is believed of nothing. `None` without sessions, or where a batch cost nothing.
#[must_use]
pub fn judge(sessions: &[Session], measure: Measure, threshold: f64, level: f64) -> Option<Found> {
    let log = |cost: &Cost| {
        let cost = match measure {
            Measure::Time => cost.wall_ns,
            Measure::Cpu => cost.cpu_ns,
        };
        (cost as f64).ln()
    };
    let middle = |costs: &[Cost]| median(&costs.iter().map(log).collect::<Vec<_>>(), level).map(|it| it.value);
    let middles = |session: &Session| Some((middle(&session.a)?, middle(&session.again)?, middle(&session.b)?));
    let middles = sessions.iter().map(middles).collect::<Option<Vec<_>>>()?;
    let over_sessions = |of: fn(&(f64, f64, f64)) -> f64| middles.iter().map(of).collect::<Vec<_>>();
    let ratio = mean(&over_sessions(|(a, again, b)| b - f64::midpoint(*a, *again)), level)?;
    let identical = mean(&over_sessions(|(a, again, _)| again - a), LEVEL)?.map(f64::exp);
    let doubt = identical.doubt().ln();
    let threshold = threshold.max(doubt.exp_m1());
    let verdict = verdict(ratio, threshold.ln_1p(), doubt);
    Some(Found { measure, ratio: ratio.map(f64::exp), identical, threshold, verdict })
}

/// Of a logarithm of a ratio. A difference counts where it is beyond `doubt`, and matters from `threshold` on.
pub(crate) fn verdict(log_ratio: Estimate, threshold: f64, doubt: f64) -> Verdict {
    match log_ratio.interval {
        None => Verdict::Inconclusive,
        Some((low, high)) if -threshold <= low && high <= threshold => Verdict::Equivalent,
        Some((low, _)) if low > doubt => Verdict::Regressed,
        Some((_, high)) if high < -doubt => Verdict::Improved,
        Some(_) => Verdict::Inconclusive,
    }
}

/// Whether more sessions would tell nothing more: every measure's interval is narrow against the threshold.
///
/// To stop by it makes intervals hold a little less often than they say, 91 to 95 times in a hundred by simulation: those
/// are stopped at that look narrow. Identical builds are hardly called different for that, since a narrow interval around
/// nothing is within the threshold.
#[must_use]
pub fn narrow(sessions: &[Session], threshold: f64) -> bool {
    /// The share of the threshold that half an interval may be.
    const NARROW: f64 = 1.0 / 3.0;
    MEASURES.into_iter().all(|measure| {
        let ratio = judge(sessions, measure, threshold, LEVEL).and_then(|found| found.ratio.interval);
        ratio.is_some_and(|(low, high)| (high / low).ln() / 2.0 < NARROW * threshold.ln_1p())
    })
}
