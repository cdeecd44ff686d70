//! What sessions show: is the second build slower, by time or by processor time?

use fanout_analysis::verdict::{Verdict, verdict};
use fanout_stats::{Estimate, LEVEL, mean, median};
use serde::{Deserialize, Serialize};

use crate::session::{Cost, Session};

/// By what builds are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostKind {
    /// Time on the clock.
    Time,
    /// Processor time.
    Cpu,
}

/// Both.
pub(crate) const COST_KINDS: [CostKind; 2] = [CostKind::Time, CostKind::Cpu];

/// One measure of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// By what.
    pub measure: CostKind,
    /// How many times as much B takes as A.
    pub ratio: Estimate,
    /// How many times as much A takes as A.
    pub identical: Estimate,
    /// The smallest difference that matters, as a share: the one that was asked for, or what A against itself shows.
    pub threshold: f64,
    /// What is made of it.
    pub verdict: Verdict,
}

/// Judges sessions by one measure. `threshold` is the smallest difference that matters, as a share (0.03 for 3 %);
/// `level` is the interval's, but not that of A against itself, which is always [`LEVEL`].
///
/// A session's figure is ln(B / A) of the medians over its rounds, A being the geometric mean of A's and A again's;
/// the estimate is the mean over sessions with Student's interval. Of the medians, and not the median of each round's
/// ratio: costs are skewed, the mean of two of them is less so than one, and identical builds would differ by 0.5 %.
/// A difference that identical builds also show is not counted. `None` without sessions, or where a batch cost
/// nothing.
#[must_use]
pub fn judge(sessions: &[Session], measure: CostKind, threshold: f64, level: f64) -> Option<Judgement> {
    let log = |cost: &Cost| {
        let cost = match measure {
            CostKind::Time => cost.wall_ns,
            CostKind::Cpu => cost.cpu_ns,
        };
        (cost as f64).ln()
    };
    let middle = |costs: &[Cost]| median(&costs.iter().map(log).collect::<Vec<_>>(), level).map(|it| it.value);
    let middles = |session: &Session| Some((middle(&session.a)?, middle(&session.again)?, middle(&session.b)?));
    let middles = sessions.iter().map(middles).collect::<Option<Vec<_>>>()?;
    let over_sessions = |of: fn(&(f64, f64, f64)) -> f64| middles.iter().map(of).collect::<Vec<_>>();
    let ratio = mean(&over_sessions(|(a, again, b)| b - f64::midpoint(*a, *again)), level)?;
    let identical = mean(&over_sessions(|(a, again, _)| again - a), LEVEL)?.map(f64::exp);
    let noise_bound = identical.noise_bound().ln();
    let threshold = threshold.max(noise_bound.exp_m1());
    let verdict = verdict(ratio, threshold.ln_1p(), noise_bound);
    Some(Judgement { measure, ratio: ratio.map(f64::exp), identical, threshold, verdict })
}

/// Whether more sessions would tell nothing more: every measure's interval is narrow against the threshold.
///
/// To stop by it makes intervals hold a little less often than they say, 91 to 95 times in a hundred by simulation:
/// those are stopped at that look narrow. Identical builds are hardly called different for that, since a narrow
/// interval around nothing is within the threshold.
#[must_use]
pub fn narrow(sessions: &[Session], threshold: f64) -> bool {
    /// The share of the threshold that half an interval may be.
    const NARROW: f64 = 1.0 / 3.0;
    COST_KINDS.into_iter().all(|measure| {
        let ratio = judge(sessions, measure, threshold, LEVEL).and_then(|found| found.ratio.interval);
        ratio.is_some_and(|(low, high)| (high / low).ln() / 2.0 < NARROW * threshold.ln_1p())
    })
}
