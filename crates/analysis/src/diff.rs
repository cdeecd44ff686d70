//! Finds the differences of two recorded runs, which were measured apart from each other.
//!
//! The rounds of the two runs do not pair up. Within each run, a model's rounds pair up with the floor's. Therefore
//! the ratio to the floor is compared, so that the speed of the machine at the time of each run cancels out. In both
//! runs, the floor is the control arm on epoll, whichever was lower there: see [`crate::floors`]. What each process
//! happened to be does not cancel out in runs before version 3, which had one process for each model. A difference
//! here is a reason to compare the commits themselves.
//!
//! There are hundreds of arms. If each were judged by its own interval, some would differ by chance. Therefore a
//! difference counts only if it holds for all arms at once. The intervals have a level that makes any false
//! difference as rare as 1 in 20 (Bonferroni).

use std::cmp::Reverse;

use fanout_record::run::{Arm, Role, Run};

use fanout_stats::{Estimate, LEVEL, rounds_to_tell_apart};

use crate::comparable::are_alike;
use crate::compared::{Answered, Compared};
use crate::ranking::MARGIN;
use crate::ratios::to_floor;
use crate::verdict::{Verdict, verdict};

/// One arm in both runs.
#[derive(Clone, Debug)]
pub struct ArmDifference {
    /// The name of the scenario: `question parameter`.
    pub scenario: String,
    /// The arm's label.
    pub label: String,
    /// B's ratio to the floor divided by A's, with an interval that holds for this arm alone. It is `None` if the arm
    /// failed in a run, and has no interval if there are too few rounds.
    pub ratio: Option<Estimate>,
    /// The threshold, as a share. It is the one that was asked for, or the noise bound of the A/A pair if that is
    /// larger.
    pub threshold: f64,
    /// The verdict if this arm were the only one.
    pub alone: Verdict,
    /// Whether there are enough rounds to find a difference among all arms.
    pub rounds_enough: bool,
    /// The verdict among all arms: a difference counts only if it holds when all arms are judged together.
    pub verdict: Verdict,
}

/// Returns every model's arm that both runs have in a scenario of the same kind, those that regressed first.
/// `threshold` is the smallest difference that matters.
#[must_use]
pub fn arms(a: &Run, b: &Run, threshold: f64) -> Vec<ArmDifference> {
    let (of_a, of_b) = (scenarios(a), scenarios(b));
    let mut both = Vec::new();
    for a in &of_a {
        let Some(b) = of_b.iter().find(|b| a.name == b.name && are_alike(a.measured, b.measured)) else { continue };
        for arm in a.measured.arms.iter().filter(|arm| arm.role == Role::Model) {
            let name = arm.name_among_runs();
            let Some(other) = b.measured.arms.iter().find(|other| other.name_among_runs() == name) else { continue };
            both.push(Both { a, b, arm, other });
        }
    }
    let mut found: Vec<ArmDifference> = both.iter().map(|arm| arm.judge(threshold, both.len())).collect();
    found.sort_by_key(|found| Reverse(found.verdict));
    found
}

/// Returns every scenario of a run.
fn scenarios(run: &Run) -> Vec<Compared<'_>> {
    run.questions.iter().flat_map(|question| Answered::new(question, MARGIN).scenarios).collect()
}

/// Returns how many rounds each run needs to find a difference among so many arms.
#[must_use]
pub fn rounds_needed(arms: usize) -> usize {
    // Each arm has two intervals.
    rounds_to_tell_apart(2 * arms, LEVEL)
}

/// One arm in both runs, with its scenarios.
struct Both<'a> {
    a: &'a Compared<'a>,
    b: &'a Compared<'a>,
    arm: &'a Arm,
    other: &'a Arm,
}

impl Both<'_> {
    /// Returns B's ratio to the floor divided by A's, with an interval that holds for so many arms at once.
    fn ratio(&self, among: usize) -> Option<Estimate> {
        let level = each(among);
        let distance = |compared: &Compared<'_>, arm| to_floor(arm, compared.reference()?, level);
        Some(over(distance(self.b, self.other)?, distance(self.a, self.arm)?))
    }

    fn judge(&self, threshold: f64, arms: usize) -> ArmDifference {
        let shown =
            [self.a, self.b].map(|compared| compared.time.control.map_or(1.0, |control| control.noise_bound()));
        let noise_bound = f64::max(shown[0], shown[1]).ln();
        let threshold = threshold.max(noise_bound.exp_m1());
        let made_of = |ratio: Option<Estimate>| {
            ratio.map_or(Verdict::Inconclusive, |ratio| verdict(ratio.map(f64::ln), threshold.ln_1p(), noise_bound))
        };
        let (ratio, among_all) = (self.ratio(1), self.ratio(arms));
        let alone = made_of(ratio);
        let holds = !alone.differs() || made_of(among_all) == alone;
        ArmDifference {
            scenario: self.a.name.clone(),
            label: self.arm.label.clone(),
            ratio,
            threshold,
            alone,
            rounds_enough: among_all.is_some_and(|ratio| ratio.interval.is_some()),
            verdict: if holds { alone } else { Verdict::Inconclusive },
        }
    }
}

/// Returns the level of each of two intervals, so that both intervals of so many arms hold together at least 95 % of
/// the time (Bonferroni).
fn each(among: usize) -> f64 {
    1.0 - (1.0 - LEVEL) / (2 * among.max(1)) as f64
}

/// Divides one estimate by another that is independent of it. The interval goes from the least to the greatest ratio
/// that both intervals allow.
fn over(b: Estimate, a: Estimate) -> Estimate {
    let interval =
        b.interval.zip(a.interval).map(|((b_low, b_high), (a_low, a_high))| (b_low / a_high, b_high / a_low));
    Estimate { value: b.value / a.value, interval }
}
