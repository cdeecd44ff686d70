//! What can be followed from run to run: every arm but those that failed and the A/A arm, by its name.

use std::collections::HashSet;

use fanout_record::Run;
use fanout_record::run::{Arm, Role, Sample, ScenarioRun};
use fanout_stats::{Estimate, LEVEL, median, paired_ratio};

use crate::ExportError;
use crate::samples::counted;

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

    /// The median time of a batch, in nanoseconds.
    pub(crate) fn time(&self) -> Option<Estimate> {
        median(&self.times(), LEVEL)
    }

    /// How many times the floor's time in the same rounds; `None` of the floor itself, and where there is none.
    pub(crate) fn to_floor(&self) -> Option<Estimate> {
        if self.arm.role == Role::Floor {
            return None;
        }
        let floor = self.measured.arms.iter().find(|arm| arm.role == Role::Floor && whole(arm))?;
        let (ours, theirs) = (self.times(), times(floor));
        // Of an interrupted last round, one may have more than the other.
        let rounds = ours.len().min(theirs.len());
        paired_ratio(&ours[..rounds], &theirs[..rounds], LEVEL)
    }

    /// The median processor time for a request, in nanoseconds; `None` of batches without requests.
    pub(crate) fn cpu_per_request(&self) -> Option<Estimate> {
        let requests = self.measured.scenario.requests;
        let cpu = |sample: &Sample| (requests > 0).then(|| sample.usage.cpu().as_nanos() as f64 / requests as f64);
        median(&self.each(cpu)?, LEVEL)
    }

    /// The median of the most memory that was resident, in bytes; `None` where it was not counted.
    pub(crate) fn peak_memory(&self) -> Option<Estimate> {
        median(&self.each(|sample| Some(counted(sample.usage.peak_memory)? as f64))?, LEVEL)
    }

    /// A value of each sample; `None` where one lacks it.
    fn each(&self, of: impl Fn(&Sample) -> Option<f64>) -> Option<Vec<f64>> {
        self.arm.samples.iter().map(of).collect()
    }
}

fn times(arm: &Arm) -> Vec<f64> {
    arm.samples.iter().map(|sample| sample.wall_ns as f64).collect()
}
