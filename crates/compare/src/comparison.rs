//! Compares two builds by all models in all scenarios, each with a share of the budget. A difference counts only when
//! it is confirmed.

use std::time::{Duration, Instant};

use fanout_analysis::verdict::Verdict;
use fanout_harness::arm::Build;
use fanout_harness::case::Case;
use fanout_harness::interrupt;
use fanout_model::Model;
use fanout_stats::LEVEL;
use fastrand::Rng;

use crate::session::{self, Session, Subject};
use crate::verdict::{COST_KINDS, CostKind, Judgement, judge, narrow};

/// One of two builds.
#[derive(Clone, Debug)]
pub struct NamedBuild {
    /// A line that describes it.
    pub name: String,
    /// The build that the workers run.
    pub build: Build,
}

/// What a comparison is asked to measure.
pub struct Asked {
    /// The baseline: the build that was there before.
    pub baseline: NamedBuild,
    /// The candidate: the build in question.
    pub candidate: NamedBuild,
    /// Each model, with a scenario to measure it in.
    pub pairs: Vec<(&'static dyn Model, Case)>,
    /// How long all of it may take, including the confirmation of differences.
    pub budget: Duration,
    /// The smallest difference that matters, as a share.
    pub threshold: f64,
}

/// The outcome for one model in one scenario.
#[derive(Clone, Debug)]
pub struct PairOutcome {
    /// The model's id.
    pub model: &'static str,
    /// The scenario's name.
    pub scenario: &'static str,
    /// A judgement by each measure. There are none if the model could not be measured.
    pub found: Vec<Judgement>,
    /// The same for a second measurement in fresh processes, if the first one showed a difference. Its intervals are
    /// at 90 % and it has no threshold, because it is asked for the direction alone.
    pub again: Vec<Judgement>,
    /// The verdict on all of it: a regression by any measure that was confirmed, or else the worst verdict that there
    /// is.
    pub verdict: Verdict,
    /// How many sessions there were.
    pub sessions: usize,
    /// How many rounds they had together.
    pub rounds: usize,
    /// How long the measuring took.
    pub took: Duration,
    /// The part of that time that was on the clock.
    pub on_the_clock: Duration,
    /// Why the model could not be measured.
    pub failure: Option<String>,
}

impl PairOutcome {
    /// Returns the measures by which the builds differ, if they do.
    #[must_use]
    pub fn by(&self) -> Vec<CostKind> {
        let differs = |first: &&Judgement| first.verdict == self.verdict && confirmed(first, &self.again);
        self.found.iter().filter(|_| self.verdict.differs()).filter(differs).map(|found| found.measure).collect()
    }

    /// The outcome of a model that could not be measured in this scenario, with the reason.
    #[must_use]
    pub fn unable(model: &'static str, scenario: &'static str, why: &str) -> Self {
        Self {
            model,
            scenario,
            found: Vec::new(),
            again: Vec::new(),
            verdict: Verdict::Inconclusive,
            sessions: 0,
            rounds: 0,
            took: Duration::ZERO,
            on_the_clock: Duration::ZERO,
            failure: Some(why.into()),
        }
    }
}

/// The part of a subject's budget that the first measurement may take. The rest is for confirming a difference that
/// it showed, or for more sessions if it was inconclusive.
const FIRST: f64 = 0.6;

/// The level of the second measurement's interval. If the number of sessions is fixed, this interval errs to one side
/// once in twenty, and the first measurement's once in forty. Both err to the same side once in eight hundred, by
/// each measure.
const CONFIRMED: f64 = 0.9;

/// Compares the builds, and calls `progress` with each outcome as it comes. If somebody interrupts, it ends early and
/// returns the outcomes that are finished.
pub fn compare(asked: &Asked, rng: &mut Rng, mut progress: impl FnMut(&PairOutcome)) -> Vec<PairOutcome> {
    let (able, unable): (Vec<_>, Vec<_>) = asked.pairs.iter().copied().partition(|(model, case)| case.admits(*model));
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for (model, case) in unable {
        let why = "it does not speak the protocol of this scenario";
        let outcome = PairOutcome::unable(model.id(), case.parameter, why);
        progress(&outcome);
        outcomes.push(outcome);
    }
    for (i, (model, case)) in able.iter().copied().enumerate() {
        let subject = Subject { model, case, baseline: &asked.baseline.build, candidate: &asked.candidate.build };
        // The later pairs share what the earlier ones did not need.
        let left = asked.budget.saturating_sub(start.elapsed());
        let outcome = one(&subject, left / (able.len() - i) as u32, asked.threshold, rng);
        if interrupt::asked() {
            break;
        }
        progress(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}

/// Compares one model in one scenario.
pub fn one(subject: &Subject<'_>, budget: Duration, threshold: f64, rng: &mut Rng) -> PairOutcome {
    let start = Instant::now();
    let mut failure = None;
    let mut measure = |budget: Duration, before: &[Session]| {
        let enough = |sessions: &[Session]| narrow(&[before, sessions].concat(), threshold);
        session::measure(subject, budget, rng, enough).unwrap_or_else(|error| {
            failure = Some(format!("{error:#}"));
            Vec::new()
        })
    };
    let judged = |sessions: &[Session], threshold, level| -> Vec<Judgement> {
        COST_KINDS.into_iter().filter_map(|measure| judge(sessions, measure, threshold, level)).collect()
    };
    let mut sessions = measure(budget.mul_f64(FIRST), &[]);
    let mut found = judged(&sessions, threshold, LEVEL);
    let mut again = Vec::new();
    let left = budget.saturating_sub(start.elapsed());
    if found.iter().any(|found| found.verdict.differs()) {
        let fresh = measure(left, &[]);
        again = judged(&fresh, 0.0, CONFIRMED);
        sessions.extend(fresh);
    } else if found.iter().any(|found| found.verdict == Verdict::Inconclusive) {
        let more = measure(left, &sessions);
        sessions.extend(more);
        found = judged(&sessions, threshold, LEVEL);
    }
    let rounds = sessions.iter().map(|session| session.candidate.len()).sum();
    PairOutcome {
        model: subject.model.id(),
        scenario: subject.case.parameter,
        verdict: overall(&found, &again),
        found,
        again,
        sessions: sessions.len(),
        rounds,
        took: start.elapsed(),
        on_the_clock: Duration::from_nanos(session::on_the_clock(&sessions)),
        failure,
    }
}

fn confirmed(first: &Judgement, again: &[Judgement]) -> bool {
    again.iter().any(|second| second.measure == first.measure && second.verdict == first.verdict)
}

/// Returns the verdict on all measures. A measure counts as different if it differed twice in the same way. If it did
/// so only once, its verdict is inconclusive.
fn overall(found: &[Judgement], again: &[Judgement]) -> Verdict {
    let one = |first: &Judgement| match first.verdict {
        verdict if verdict.differs() && !confirmed(first, again) => Verdict::Inconclusive,
        verdict => verdict,
    };
    found.iter().map(one).max().unwrap_or(Verdict::Inconclusive)
}

#[cfg(test)]
mod tests {
    use fanout_stats::Estimate;

    use super::*;
    use crate::verdict::CostKind::{Cpu, Time};
    use fanout_analysis::verdict::Verdict::{Equivalent, Improved, Inconclusive, Regressed};

    fn found(all: &[(CostKind, Verdict)]) -> Vec<Judgement> {
        let nothing = Estimate { value: 1.0, interval: None };
        let found =
            |(measure, verdict)| Judgement { measure, verdict, ratio: nothing, identical: nothing, threshold: 0.03 };
        all.iter().copied().map(found).collect()
    }

    #[test]
    fn what_is_seen_twice_by_the_same_measure_and_the_same_way_is_a_difference() {
        let said = |first: &[_], second: &[_]| overall(&found(first), &found(second));
        assert_eq!(said(&[(Time, Equivalent), (Cpu, Regressed)], &[(Time, Improved), (Cpu, Regressed)]), Regressed);
        assert_eq!(said(&[(Time, Regressed)], &[(Time, Inconclusive), (Cpu, Regressed)]), Inconclusive);
        assert_eq!(said(&[(Time, Regressed)], &[(Time, Improved)]), Inconclusive);
        assert_eq!(said(&[(Time, Regressed)], &[]), Inconclusive);
        assert_eq!(said(&[(Time, Improved), (Cpu, Equivalent)], &[(Time, Improved)]), Improved);
        assert_eq!(said(&[(Time, Improved), (Cpu, Regressed)], &[(Time, Improved), (Cpu, Regressed)]), Regressed);
        assert_eq!(said(&[(Time, Equivalent), (Cpu, Equivalent)], &[]), Equivalent);
        assert_eq!(said(&[(Time, Equivalent), (Cpu, Inconclusive)], &[]), Inconclusive);
        assert_eq!(said(&[], &[]), Inconclusive);
    }
}
