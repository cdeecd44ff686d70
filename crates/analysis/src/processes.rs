//! The arms of a scenario by one measure, with intervals over their processes and rounds.

use fanout_record::run::{Arm, Sample};
use fanout_stats::Processes;

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
#[must_use]
pub(crate) fn are_known(arms: &[&Arm]) -> bool {
    arms.iter().flat_map(|arm| &arm.samples).all(|sample| sample.process.is_some())
}
