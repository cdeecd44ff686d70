//! Two recorded runs: what can be said of measurements that were taken apart.
//!
//! Their rounds do not pair up with each other. Within each run a model's rounds pair up with the floor's, so that what is
//! compared is the ratio to the floor: how fast the machine was that hour cancels out. What does not is what each process
//! happened to be; a run has one for each model. A difference here is a reason to compare the commits themselves.

use std::collections::BTreeSet;

use fanout_record::run::{Arm, Role, Run, ScenarioRun};
use fanout_stats::{Estimate, paired_ratio};

use crate::verdict::{Verdict, verdict};

/// Why two runs are not comparable, each a difference by name; empty where they are.
#[must_use]
pub fn differences(a: &Run, b: &Run) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            found.push(format!("{what}: {a} and {b}"));
        }
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    let toolchain = |run: &Run| text(&run.source.rustc).lines().next().unwrap_or_default().to_owned();
    differ("machine", a.machine.id(), b.machine.id());
    differ("toolchain", toolchain(a), toolchain(b));
    differ("flags", text(&a.source.flags), text(&b.source.flags));
    let awake = |run: &Run| run.questions.iter().map(|question| question.awake.to_string()).collect::<BTreeSet<_>>();
    let listed = |awake: BTreeSet<String>| awake.into_iter().collect::<Vec<_>>().join(", ");
    differ("processors kept awake", listed(awake(a)), listed(awake(b)));
    if scenarios(a).all(|(name, of_a)| !scenarios(b).any(|(other, of_b)| other == name && alike(of_a, of_b))) {
        found.push("scenarios: they have none in common".into());
    }
    found
}

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
    for (name, of_a) in scenarios(a) {
        let Some((_, of_b)) = scenarios(b).find(|(other, of_b)| *other == name && alike(of_a, of_b)) else {
            continue;
        };
        let doubt = [of_a, of_b].into_iter().filter_map(identical).fold(0.0, f64::max);
        let threshold = threshold.max(doubt.exp_m1());
        for arm in of_a.arms.iter().filter(|arm| arm.role == Role::Model) {
            let Some(other) = of_b.arms.iter().find(|other| other.label == arm.label) else { continue };
            let ratio = to_floor(of_a, arm).zip(to_floor(of_b, other)).map(|(a, b)| over(b, a));
            let log = ratio.map(|ratio| ratio.map(f64::ln));
            let verdict = log.map_or(Verdict::Inconclusive, |log| verdict(log, threshold.ln_1p(), doubt));
            found.push(Found { scenario: name.clone(), label: arm.label.clone(), ratio, threshold, verdict });
        }
    }
    found
}

fn scenarios(run: &Run) -> impl Iterator<Item = (String, &ScenarioRun)> {
    run.questions.iter().flat_map(|question| {
        let name = |measured: &ScenarioRun| format!("{} {}", question.name, measured.scenario.parameter);
        question.scenarios.iter().map(move |measured| (name(measured).trim_end().to_owned(), measured))
    })
}

fn alike(a: &ScenarioRun, b: &ScenarioRun) -> bool {
    a.scenario == b.scenario && a.server == b.server
}

/// Of each of two intervals, so that both hold together 95 % of the time at least (Bonferroni).
const EACH: f64 = 0.975;

/// An arm's ratio to the floor of its run.
fn to_floor(measured: &ScenarioRun, arm: &Arm) -> Option<Estimate> {
    let floor = measured.arms.iter().find(|arm| arm.role == Role::Floor && arm.failure.is_none())?;
    if arm.failure.is_some() {
        return None;
    }
    let rounds = arm.samples.len().min(floor.samples.len());
    let times = |arm: &Arm| arm.samples[..rounds].iter().map(|sample| sample.wall_ns as f64).collect::<Vec<_>>();
    paired_ratio(&times(arm), &times(floor), EACH)
}

/// One estimate over another that knows nothing of it: from the least to the most that both intervals allow.
fn over(b: Estimate, a: Estimate) -> Estimate {
    let interval =
        b.interval.zip(a.interval).map(|((b_low, b_high), (a_low, a_high))| (b_low / a_high, b_high / a_low));
    Estimate { value: b.value / a.value, interval }
}

/// How far, as a logarithm, the model that was entered twice is from itself, where its interval says that it is.
fn identical(measured: &ScenarioRun) -> Option<f64> {
    let again = measured.arms.iter().find(|arm| arm.role == Role::Again)?;
    let first = measured.arms.iter().find(|arm| arm.role == Role::Model && arm.model == again.model)?;
    let rounds = again.samples.len().min(first.samples.len());
    let times = |arm: &Arm| arm.samples[..rounds].iter().map(|sample| sample.wall_ns as f64).collect::<Vec<_>>();
    let ratio = paired_ratio(&times(again), &times(first), fanout_stats::LEVEL)?;
    let (low, high) = ratio.interval.filter(|_| ratio.covers(1.0) == Some(false))?;
    Some(high.ln().abs().max(low.ln().abs()))
}
