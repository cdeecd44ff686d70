//! Judges the sessions of a comparison: is the candidate slower, by time or by processor time?

use fanout_analysis::verdict::{Verdict, verdict};
use fanout_stats::{Estimate, LEVEL, mean, median};
use serde::{Deserialize, Serialize};

use crate::session::{Cost, Session};

/// The measure by which two builds are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostKind {
    /// Time on the clock.
    Time,
    /// Processor time.
    Cpu,
}

pub(crate) const COST_KINDS: [CostKind; 2] = [CostKind::Time, CostKind::Cpu];

/// What the sessions of a subject show by one measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The measure.
    pub measure: CostKind,
    /// How many times as much B takes as A.
    pub ratio: Estimate,
    /// How many times as much A again takes as A.
    pub identical: Estimate,
    /// The smallest difference that matters, as a share. It is the one that was asked for, or the noise bound of A
    /// against itself if that is larger.
    pub threshold: f64,
    /// The verdict on the ratio.
    pub verdict: Verdict,
}

/// Judges sessions by one measure. `threshold` is the smallest difference that matters, as a share (0.03 for 3 %).
/// `level` is the level of the ratio's interval. The interval of A against itself is always at [`LEVEL`].
///
/// The figure of a session is ln(B / A) of the medians over its rounds, where A is the geometric mean of A and A
/// again. The estimate is the mean over the sessions, with Student's interval. The median of each round's ratio would
/// not do: costs are skewed, and the mean of two of them is less skewed than one, so that identical builds would
/// differ by 0.5 %. A difference that identical builds also show is not counted. The result is `None` if there are no
/// sessions, or if the median cost in a session is 0.
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
    let middles =
        |session: &Session| Some((middle(&session.baseline)?, middle(&session.again)?, middle(&session.candidate)?));
    let middles = sessions.iter().map(middles).collect::<Option<Vec<_>>>()?;
    let over_sessions = |of: fn(&(f64, f64, f64)) -> f64| middles.iter().map(of).collect::<Vec<_>>();
    let ratio = mean(&over_sessions(|(a, again, b)| b - f64::midpoint(*a, *again)), level)?;
    let identical = mean(&over_sessions(|(a, again, _)| again - a), LEVEL)?.map(f64::exp);
    let noise_bound = identical.noise_bound().ln();
    let threshold = threshold.max(noise_bound.exp_m1());
    let verdict = verdict(ratio, threshold.ln_1p(), noise_bound);
    Some(Judgement { measure, ratio: ratio.map(f64::exp), identical, threshold, verdict })
}

/// Returns whether more sessions would tell nothing more, because the interval of every measure is narrow against the
/// threshold.
///
/// Stopping by this rule makes the intervals hold a little less often than they say (91 to 95 times in a hundred, by
/// simulation), because it stops at intervals that happen to look narrow. This hardly makes identical builds look
/// different, since a narrow interval around no difference is within the threshold.
#[must_use]
pub fn narrow(sessions: &[Session], threshold: f64) -> bool {
    /// Half of a narrow interval is less than this share of the threshold.
    const NARROW: f64 = 1.0 / 3.0;
    COST_KINDS.into_iter().all(|measure| {
        let ratio = judge(sessions, measure, threshold, LEVEL).and_then(|found| found.ratio.interval);
        ratio.is_some_and(|(low, high)| (high / low).ln() / 2.0 < NARROW * threshold.ln_1p())
    })
}
