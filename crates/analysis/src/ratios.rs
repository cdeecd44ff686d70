//! Computes the ratios of the arms of a scenario by one measure, with intervals over their processes and rounds.

use fanout_record::run::{Arm, Role, Sample};
use fanout_stats::{Estimate, Processes, paired_ratio};

use crate::metric::Metric;

/// The number of rounds that together take the place of a process in runs before version 3. These runs had one
/// process for all rounds, so that none of the intervals holds what a process happened to be.
const ROUNDS_TOGETHER: usize = 2;

/// Returns the processes of all these arms by one measure. An arm that failed has no values, and a peer has none
/// either: what varies from process to process in another language says nothing about the models. Returns `None` if
/// something was not counted.
pub(crate) fn processes(measure: Metric, arms: &[&Arm]) -> Option<Processes> {
    processes_of(measure, arms, |arm| arm.role != Role::Peer)
}

/// Returns the same as [`processes`], for ratios of peers, which have values here.
pub(crate) fn processes_with_peers(measure: Metric, arms: &[&Arm]) -> Option<Processes> {
    processes_of(measure, arms, |_| true)
}

fn processes_of(measure: Metric, arms: &[&Arm], counts: fn(&Arm) -> bool) -> Option<Processes> {
    let has_values = |arm: &Arm| arm.failure.is_none() && counts(arm);
    let values = |arm: &&Arm| match has_values(arm) {
        true => before_a_rest(arm).iter().map(|sample| measure.of(sample)).collect(),
        false => Some(Vec::new()),
    };
    let values: Vec<Vec<f64>> = arms.iter().map(values).collect::<Option<_>>()?;
    // The arms change their processes after the same rounds.
    let longest = arms.iter().map(|arm| before_a_rest(arm)).max_by_key(|samples| samples.len())?;
    let process = |sample: &Sample| sample.process.unwrap_or(sample.round / ROUNDS_TOGETHER);
    let process_of_round: Vec<usize> = longest.iter().map(process).collect();
    Processes::new(&values, &process_of_round)
}

/// Returns the samples of an arm before the first round without one. Until 2026-11-30, an arm that rested could run
/// again, and its later rounds would be taken for other arms' earlier ones.
fn before_a_rest(arm: &Arm) -> &[Sample] {
    let rounds = arm.samples.iter().enumerate().take_while(|(place, sample)| sample.round == *place).count();
    &arm.samples[..rounds]
}

/// Returns whether it is known of each sample in which process it was taken.
fn are_known(arms: &[&Arm]) -> bool {
    arms.iter().flat_map(|arm| &arm.samples).all(|sample| sample.process.is_some())
}

/// Returns how many times the floor's time an arm took, with an interval at `level`, or `None` if the arm failed.
#[must_use]
pub fn to_floor(arm: &Arm, floor: &Arm, level: f64) -> Option<Estimate> {
    ratio(Metric::Time, arm, floor, level).filter(|_| arm.failure.is_none())
}

/// Returns how many times as much of a measure `a` took as `b`, over the rounds that both have. The interval is over
/// processes, or over rounds if the runs had one process for all rounds.
#[must_use]
pub fn ratio(measure: Metric, a: &Arm, b: &Arm, level: f64) -> Option<Estimate> {
    if are_known(&[a, b]) {
        return processes(measure, &[a, b])?.ratio(0, 1, level);
    }
    let n = a.samples.len().min(b.samples.len());
    paired_ratio(&measure.values(a)?[..n], &measure.values(b)?[..n], level)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An arm that takes so many milliseconds in each of these rounds.
    fn arm(label: &str, rounds: &[usize], time: impl Fn(usize) -> f64) -> Arm {
        let sample = |round: &usize| {
            json!({
                "round": round, "wall_ns": (time(*round) * 1e6) as u64, "user_ns": 1_000, "system_ns": 0,
                "voluntary_switches": 0, "involuntary_switches": 0, "process": round / 2,
            })
        };
        let samples: Vec<serde_json::Value> = rounds.iter().map(sample).collect();
        let arm = json!({
            "label": label, "model": label, "role": "model", "concurrency": 20, "failure": null,
            "samples": samples, "latencies": { "counts": [[5_000_000, 100]] },
        });
        serde_json::from_value(arm).expect("it has every member")
    }

    /// Each round is slower than the one before it, for both arms.
    #[test]
    fn rounds_after_a_rest_are_not_compared_with_other_rounds() {
        let slow = |round: usize| 10.0 * 1.1_f64.powf(round as f64);
        let all: Vec<usize> = (0..20).collect();
        let rested: Vec<usize> = (0..10).chain(14..20).collect();
        let (whole, rested) = (arm("a", &all, slow), arm("b", &rested, |round| 2.0 * slow(round)));
        for (a, b, expected) in [(&rested, &whole, 2.0), (&whole, &rested, 0.5)] {
            let ratio = ratio(Metric::Time, a, b, 0.95).unwrap();
            let (low, high) = ratio.interval.unwrap();
            assert!(high - low < 1e-3 && (ratio.value - expected).abs() < 1e-3, "{ratio:?}");
        }
    }
}
