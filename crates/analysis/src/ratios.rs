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
    let values = |arm: &&Arm| if has_values(arm) { measure.values(arm) } else { Some(Vec::new()) };
    let values: Vec<Vec<f64>> = arms.iter().map(values).collect::<Option<_>>()?;
    // The arms change their processes after the same rounds.
    let longest = arms.iter().max_by_key(|arm| arm.samples.len())?;
    let process = |sample: &Sample| sample.process.unwrap_or(sample.round / ROUNDS_TOGETHER);
    let process_of_round: Vec<usize> = longest.samples.iter().map(process).collect();
    Processes::new(&values, &process_of_round)
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
