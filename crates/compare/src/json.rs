//! What a comparison says, for a program to read.
//!
//! Verdicts are `equivalent`, `improved`, `inconclusive` and `regressed`; measures `time` and `cpu`. A ratio is B's
//! over A's with its interval, at 95 % in `found` and at 90 % in `again`, `null` where there are too few sessions or
//! rounds for one. Of recorded runs the verdict is among all arms at once, and `alone` what each would be by itself,
//! as its interval is. Thresholds are shares (0.03 for 3 %).

use fanout_analysis::diff::ArmDifference;
use fanout_analysis::verdict::Verdict;
use fanout_stats::Estimate;
use serde_json::{Value, json};

use crate::comparison::PairOutcome;
use crate::verdict::Judgement;

/// Two commits.
#[must_use]
pub fn of_commits(a: &str, b: &str, outcomes: &[PairOutcome]) -> Value {
    let verdict = outcomes.iter().map(|outcome| outcome.verdict).max();
    json!({ "a": a, "b": b, "verdict": verdict, "outcomes": outcomes.iter().map(outcome).collect::<Vec<_>>() })
}

/// What bisecting a range found. Commits are by their full names.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// Where it begins.
    pub from: &'a str,
    /// Where it ends.
    pub to: &'a str,
    /// Of the end against the beginning.
    pub verdict: Verdict,
    /// What that is made of.
    pub outcomes: &'a [PairOutcome],
    /// Those among which the first slower one is, in a row; none where the end is not slower.
    pub among: &'a [String],
    /// Those that could not be built or measured.
    pub skipped: &'a [String],
    /// Those that were taken as no slower, though that could not be told.
    pub inconclusive: &'a [String],
}

/// A range. `first_regressed` is `null` where no one is known to be the first: see `among`.
#[must_use]
pub fn of_range(range: Range<'_>) -> Value {
    let first = if let [first] = range.among { Some(first) } else { None };
    json!({
        "from": range.from, "to": range.to, "verdict": range.verdict,
        "outcomes": range.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "first_regressed": first, "among": range.among,
        "skipped": range.skipped, "inconclusive": range.inconclusive,
    })
}

/// Two recorded runs.
#[must_use]
pub fn of_runs(a: &str, b: &str, found: &[ArmDifference]) -> Value {
    let arm = |found: &ArmDifference| {
        json!({
            "model": found.label, "scenario": found.scenario, "verdict": found.verdict,
            "alone": found.alone, "rounds_enough": found.rounds_enough,
            "ratio": found.ratio.map(estimate), "threshold": found.threshold,
        })
    };
    json!({ "a": a, "b": b, "outcomes": found.iter().map(arm).collect::<Vec<_>>() })
}

fn outcome(outcome: &PairOutcome) -> Value {
    let all = |found: &[Judgement]| found.iter().map(measured).collect::<Vec<_>>();
    json!({
        "model": outcome.model, "scenario": outcome.scenario, "verdict": outcome.verdict,
        "by": outcome.by(), "found": all(&outcome.found), "again": all(&outcome.again),
        "sessions": outcome.sessions, "rounds": outcome.rounds,
        "took_s": outcome.took.as_secs_f64(), "on_the_clock_s": outcome.on_the_clock.as_secs_f64(),
        "failure": outcome.failure,
    })
}

fn measured(found: &Judgement) -> Value {
    json!({
        "measure": found.measure, "verdict": found.verdict, "ratio": estimate(found.ratio),
        "identical": estimate(found.identical), "threshold": found.threshold,
    })
}

fn estimate(estimate: Estimate) -> Value {
    json!({ "value": estimate.value, "interval": estimate.interval })
}
