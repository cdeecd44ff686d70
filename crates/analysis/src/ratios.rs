//! The ratios of the arms of a scenario by one measure, with intervals over their processes and rounds.

use fanout_record::run::{Arm, Sample};
use fanout_stats::{Estimate, Processes, paired_ratio};

use crate::metric::Metric;

/// Runs before version 3 had one process for all rounds. What a process happened to be is then in none of the
/// intervals; these many rounds together take the place of a process.
const ROUNDS_TOGETHER: usize = 2;

/// All of these arms by one measure. An arm that failed has no values. `None` where something was not counted.
pub(crate) fn processes(measure: Metric, arms: &[&Arm]) -> Option<Processes> {
    let values = |arm: &&Arm| if arm.failure.is_some() { Some(Vec::new()) } else { measure.values(arm) };
    let values: Vec<Vec<f64>> = arms.iter().map(values).collect::<Option<_>>()?;
    // The arms change their processes after the same rounds.
    let longest = arms.iter().max_by_key(|arm| arm.samples.len())?;
    let process = |sample: &Sample| sample.process.unwrap_or(sample.round / ROUNDS_TOGETHER);
    let process_of_round: Vec<usize> = longest.samples.iter().map(process).collect();
    Processes::new(&values, &process_of_round)
}

/// Whether it is known of each sample which process it was taken in.
fn are_known(arms: &[&Arm]) -> bool {
    arms.iter().flat_map(|arm| &arm.samples).all(|sample| sample.process.is_some())
}

/// How many times the floor's time an arm took, with an interval at `level`; `None` where it failed.
#[must_use]
pub fn to_floor(arm: &Arm, floor: &Arm, level: f64) -> Option<Estimate> {
    ratio(Metric::Time, arm, floor, level).filter(|_| arm.failure.is_none())
}

/// How many times as much of a measure `a` took as `b`, over the rounds that both have. The interval is over
/// processes, or over rounds in runs that had one process for all of them.
#[must_use]
pub fn ratio(measure: Metric, a: &Arm, b: &Arm, level: f64) -> Option<Estimate> {
    if are_known(&[a, b]) {
        return processes(measure, &[a, b])?.ratio(0, 1, level);
    }
    let n = a.samples.len().min(b.samples.len());
    paired_ratio(&measure.values(a)?[..n], &measure.values(b)?[..n], level)
}
