//! What a comparison says, for a program to read.
//!
//! Verdicts are `equivalent`, `improved`, `inconclusive` and `regressed`; measures `time` and `cpu`. A ratio is B's over A's
//! with its interval, `null` where there are too few sessions or rounds for one. Of recorded runs the verdict is among all arms
//! at once, and `alone` what each would be by itself, as its interval is. Thresholds are shares (0.03 for 3 %).

use fanout_stats::Estimate;
use serde_json::{Value, json};

use crate::compare::Outcome;
use crate::recorded;
use crate::verdict::Found;

/// Two commits.
#[must_use]
pub fn of_commits(a: &str, b: &str, outcomes: &[Outcome]) -> Value {
    json!({ "a": a, "b": b, "outcomes": outcomes.iter().map(outcome).collect::<Vec<_>>() })
}

/// Two recorded runs.
#[must_use]
pub fn of_runs(a: &str, b: &str, found: &[recorded::Found]) -> Value {
    let arm = |found: &recorded::Found| {
        json!({
            "model": found.label, "scenario": found.scenario, "verdict": found.verdict,
            "alone": found.alone, "rounds_enough": found.rounds_enough,
            "ratio": found.ratio.map(estimate), "threshold": found.threshold,
        })
    };
    json!({ "a": a, "b": b, "outcomes": found.iter().map(arm).collect::<Vec<_>>() })
}

fn outcome(outcome: &Outcome) -> Value {
    let all = |found: &[Found]| found.iter().map(measured).collect::<Vec<_>>();
    json!({
        "model": outcome.model, "scenario": outcome.scenario, "verdict": outcome.verdict,
        "found": all(&outcome.found), "again": all(&outcome.again),
        "sessions": outcome.sessions, "rounds": outcome.rounds,
        "took_s": outcome.took.as_secs_f64(), "on_the_clock_s": outcome.on_the_clock.as_secs_f64(),
        "failure": outcome.failure,
    })
}

fn measured(found: &Found) -> Value {
    json!({
        "measure": found.measure, "verdict": found.verdict, "ratio": estimate(found.ratio),
        "identical": estimate(found.identical), "threshold": found.threshold,
    })
}

fn estimate(estimate: Estimate) -> Value {
    json!({ "value": estimate.value, "interval": estimate.interval })
}
