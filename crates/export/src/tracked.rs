//! Selects what can be followed from run to run: every arm except those that failed, the A/A arm and the
//! mistakes, by its name.

use std::collections::HashSet;

use fanout_analysis::compared::{Compared, margin};
use fanout_analysis::summary::ArmSummary;
use fanout_record::Run;
use fanout_record::run::{Arm, Role, ScenarioRun};
use fanout_stats::Estimate;

use crate::error::ExportError;
use crate::samples::counted;

/// One arm of one scenario.
pub(crate) struct Tracked<'a> {
    /// The name that Criterion gives it: `question/label`, or `question/label/parameter` if the scenario has a
    /// parameter.
    pub(crate) name: String,
    pub(crate) question: &'a str,
    pub(crate) measured: &'a ScenarioRun,
    pub(crate) arm: &'a Arm,
    /// The time of a batch, in nanoseconds.
    pub(crate) time: Option<Estimate>,
    /// How many times the floor's time it took in the same rounds; `None` for the floor itself, and if there is no
    /// floor. It is always the floor on epoll, so that all runs are followed by the same measure.
    pub(crate) to_floor: Option<Estimate>,
    /// The processor time of a request, in nanoseconds; `None` if a batch has no requests.
    pub(crate) cpu_per_request: Option<Estimate>,
    /// The most memory that was resident, in bytes; `None` if it was not counted.
    pub(crate) peak_memory: Option<f64>,
}

/// Returns what can be followed of a run, in the run's order.
pub(crate) fn tracked(run: &Run) -> Result<Vec<Tracked<'_>>, ExportError> {
    let mut all = Vec::new();
    let mut names = HashSet::new();
    let margin = margin(run);
    for question in &run.questions {
        for measured in &question.scenarios {
            let compared = Compared::new(question, measured, margin);
            for arm in measured.arms.iter().filter(|arm| whole(arm) && matches!(arm.role, Role::Model | Role::Floor))
            {
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
                    to_floor: compared.to_reference(row).filter(|_| arm.role != Role::Floor),
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

/// Returns the median of the most memory that was resident, in bytes; `None` if it was not counted.
fn peak_memory(row: &ArmSummary<'_>) -> Option<f64> {
    row.typical(|sample| Some(counted(sample.usage.peak_memory)? as f64))
}
