//! What can be followed from run to run: every arm but those that failed and the A/A arm, by its name.

use std::collections::HashSet;

use fanout_record::Run;
use fanout_record::run::{Arm, Role, ScenarioRun};

use crate::ExportError;

/// One arm of one scenario.
pub(crate) struct Tracked<'a> {
    /// `question/label`, or `question/label/parameter` where the scenario has one, as Criterion calls it.
    pub(crate) name: String,
    pub(crate) question: &'a str,
    pub(crate) measured: &'a ScenarioRun,
    pub(crate) arm: &'a Arm,
}

/// What of a run can be followed, in the run's order.
pub(crate) fn tracked(run: &Run) -> Result<Vec<Tracked<'_>>, ExportError> {
    let mut all = Vec::new();
    let mut names = HashSet::new();
    for question in &run.questions {
        for measured in &question.scenarios {
            for arm in measured.arms.iter().filter(|arm| whole(arm) && arm.role != Role::Again) {
                let parts = [question.name.as_str(), &arm.label, &measured.scenario.parameter];
                let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
                if !names.insert(name.clone()) {
                    return Err(ExportError::SameName { name });
                }
                all.push(Tracked { name, question: &question.name, measured, arm });
            }
        }
    }
    Ok(all)
}

fn whole(arm: &Arm) -> bool {
    arm.failure.is_none() && !arm.samples.is_empty()
}

impl Tracked<'_> {
    /// The time of each batch, in nanoseconds.
    pub(crate) fn times(&self) -> Vec<f64> {
        times(self.arm)
    }
}

fn times(arm: &Arm) -> Vec<f64> {
    arm.samples.iter().map(|sample| sample.wall_ns as f64).collect()
}
