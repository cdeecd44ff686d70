//! Says how an arm stands against the best of its scenario, as the exports have it.

use fanout_analysis::compared::Compared;
use fanout_analysis::metric::Metric;
use fanout_record::run::Arm;
use fanout_stats::Standing;
use serde::Serialize;

/// How an arm stands against the best by one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AgainstBest {
    /// `best`, `as-good`, `worse` or `not-known`.
    pub(crate) against_best: &'static str,
    /// How many times as much it takes as the best.
    pub(crate) ratio: f64,
    /// The lower end of the interval of the ratio, which holds for all models of the scenario together; `None` if
    /// there are too few rounds.
    pub(crate) low: Option<f64>,
    /// The upper end.
    pub(crate) high: Option<f64>,
}

impl AgainstBest {
    /// Returns how an arm stands; `None` if it does not compete.
    pub(crate) fn of(compared: &Compared<'_>, arm: &Arm, measure: Metric) -> Option<Self> {
        let row = compared.rows.iter().position(|row| std::ptr::eq(row.arm, arm))?;
        let against = compared.ranking(measure).against_best(row)?;
        let against_best = match against.standing {
            Standing::Best => "best",
            Standing::AsGood => "as-good",
            Standing::Worse => "worse",
            Standing::NotKnown => "not-known",
        };
        let (low, high) = against.ratio.interval.unzip();
        Some(Self { against_best, ratio: against.ratio.value, low, high })
    }
}
