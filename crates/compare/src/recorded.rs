//! Two recorded runs: what can be said of measurements that were taken apart.
//!
//! Their rounds do not pair up with each other. Within each run a model's rounds pair up with the floor's, so that what is
//! compared is the ratio to the floor: how fast the machine was that hour cancels out. What does not is what each process
//! happened to be; a run has one for each model. A difference here is a reason to compare the commits themselves.
//!
//! What a run shows by itself is reckoned by [`fanout_report::compared`], as for its page.

use fanout_record::run::{Role, Run};
use fanout_report::compared::{Compared, to_floor};
use fanout_stats::Estimate;

use crate::differences::{alike, scenarios};
use crate::verdict::{Verdict, verdict};

/// One arm in both runs.
#[derive(Clone, Debug)]
pub struct Found {
    /// `question parameter`.
    pub scenario: String,
    /// The arm's label.
    pub label: String,
    /// B's ratio to the floor over A's, with an interval; `None` where there are too few rounds.
    pub ratio: Option<Estimate>,
    /// The smallest difference that is believed, as a share: what was asked for, or what a model shows against itself.
    pub threshold: f64,
    /// What is made of it.
    pub verdict: Verdict,
}

/// Every arm that both runs have in a scenario of the same kind. `threshold` is the smallest difference that matters.
#[must_use]
pub fn compare(a: &Run, b: &Run, threshold: f64) -> Vec<Found> {
    let mut found = Vec::new();
    let of_b = scenarios(b);
    for of_a in scenarios(a) {
        let Some(of_b) = of_b.iter().find(|of_b| alike(&of_a, of_b)) else { continue };
        let shown = [&of_a, of_b].map(|compared| compared.time.control.map_or(1.0, |control| control.doubt()));
        let doubt = f64::max(shown[0], shown[1]).ln();
        let threshold = threshold.max(doubt.exp_m1());
        for arm in of_a.measured.arms.iter().filter(|arm| arm.role == Role::Model) {
            let Some(other) = of_b.measured.arms.iter().find(|other| other.label == arm.label) else { continue };
            let distance = |compared: &Compared<'_>, arm| to_floor(arm, compared.floor()?.arm, EACH);
            let ratio = distance(&of_a, arm).zip(distance(of_b, other)).map(|(a, b)| over(b, a));
            let log = ratio.map(|ratio| ratio.map(f64::ln));
            let verdict = log.map_or(Verdict::Inconclusive, |log| verdict(log, threshold.ln_1p(), doubt));
            found.push(Found { scenario: of_a.name.clone(), label: arm.label.clone(), ratio, threshold, verdict });
        }
    }
    found
}

/// Of each of two intervals, so that both hold together 95 % of the time at least (Bonferroni).
const EACH: f64 = 0.975;

/// One estimate over another that knows nothing of it: from the least to the most that both intervals allow.
fn over(b: Estimate, a: Estimate) -> Estimate {
    let interval =
        b.interval.zip(a.interval).map(|((b_low, b_high), (a_low, a_high))| (b_low / a_high, b_high / a_low));
    Estimate { value: b.value / a.value, interval }
}
