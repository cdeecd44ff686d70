//! Turns the results of comparisons into JSON, for programs.
//!
//! A verdict is `equivalent`, `improved`, `inconclusive` or `regressed`, and a measure is `time` or `cpu`. A ratio is
//! B / A with its interval, which is at 95 % in `found` and at 90 % in `again`. The interval is `null` if there are
//! too few sessions or rounds for one. In recorded runs, the verdict is the one among all arms at once; `alone` and
//! the interval are what the arm would have by itself. Thresholds are shares (0.03 for 3 %).

use fanout_analysis::diff::ArmDifference;
use fanout_analysis::verdict::Verdict;
use fanout_stats::Estimate;
use serde_json::{Value, json};

use crate::comparison::PairOutcome;
use crate::verdict::Judgement;

/// Returns the JSON of a comparison of two commits.
#[must_use]
pub fn of_commits(a: &str, b: &str, outcomes: &[PairOutcome]) -> Value {
    let verdict = outcomes.iter().map(|outcome| outcome.verdict).max();
    json!({ "a": a, "b": b, "verdict": verdict, "outcomes": outcomes.iter().map(outcome).collect::<Vec<_>>() })
}

/// The result of bisecting a range. Commits are named by their full names.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The commit at the beginning of the range.
    pub from: &'a str,
    /// The commit at its end.
    pub to: &'a str,
    /// The verdict on the end against the beginning.
    pub verdict: Verdict,
    /// The outcomes behind that verdict.
    pub outcomes: &'a [PairOutcome],
    /// The commits among which the first slower one is, in a row. There are none if the end is not slower.
    pub among: &'a [String],
    /// The commits that could not be built or measured.
    pub skipped: &'a [String],
    /// The commits that were taken as no slower, although that could not be told.
    pub inconclusive: &'a [String],
}

/// Returns the JSON of a range. `first_regressed` is `null` if no single commit is known to be the first; see
/// `among`.
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

/// Returns the JSON of a comparison of two recorded runs.
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
