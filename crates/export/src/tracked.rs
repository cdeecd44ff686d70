//! What can be followed from run to run: every arm but those that failed and the A/A arm, by its name.

use std::collections::HashSet;

use fanout_analysis::compared::Compared;
use fanout_analysis::summary::ArmSummary;
use fanout_record::Run;
use fanout_record::run::{Arm, Role, ScenarioRun};
use fanout_stats::Estimate;

use crate::error::ExportError;
use crate::samples::counted;

/// One arm of one scenario.
pub(crate) struct Tracked<'a> {
    /// `question/label`, or `question/label/parameter` where the scenario has one, as Criterion calls it.
    pub(crate) name: String,
    pub(crate) question: &'a str,
    pub(crate) measured: &'a ScenarioRun,
    pub(crate) arm: &'a Arm,
    /// Time of a batch, in nanoseconds.
    pub(crate) time: Option<Estimate>,
    /// How many times the floor's time in the same rounds; `None` of the floor itself, and where there is none.
    pub(crate) to_floor: Option<Estimate>,
    /// Processor time of a request, in nanoseconds; `None` of batches without requests.
    pub(crate) cpu_per_request: Option<Estimate>,
    /// The most memory that was resident, in bytes; `None` where it was not counted.
    pub(crate) peak_memory: Option<f64>,
}

/// What of a run can be followed, in the run's order.
pub(crate) fn tracked(run: &Run) -> Result<Vec<Tracked<'_>>, ExportError> {
    let mut all = Vec::new();
    let mut names = HashSet::new();
    for question in &run.questions {
        for measured in &question.scenarios {
            let compared = Compared::new(&question.name, measured);
            for arm in measured.arms.iter().filter(|arm| whole(arm) && arm.role != Role::Again) {
                let name = measured.scenario.benchmark(&question.name, &arm.label);
                if !names.insert(name.clone()) {
                    return Err(ExportError::SameName { name });
                }
                let Some(row) = compared.rows.iter().find(|row| std::ptr::eq(row.arm, arm)) else { continue };
                let nanoseconds = |times: f64| move |estimate: Estimate| estimate.map(|value| value * times);
                all.push(Tracked {
                    name,
                    question: &question.name,
                    measured,
                    arm,
                    time: row.time.map(nanoseconds(1e6)),
                    to_floor: row.to_floor.filter(|_| arm.role != Role::Floor),
                    cpu_per_request: row.cpu.map(nanoseconds(1e3)).filter(|_| measured.scenario.requests > 0),
                    peak_memory: peak_memory(row),
                });
            }
        }
    }
    Ok(all)
}

fn whole(arm: &Arm) -> bool {
    arm.failure.is_none() && !arm.samples.is_empty()
}

/// The median of the most memory that was resident, in bytes; `None` where it was not counted.
fn peak_memory(row: &ArmSummary<'_>) -> Option<f64> {
    row.typical(|sample| Some(counted(sample.usage.peak_memory)? as f64))
}
