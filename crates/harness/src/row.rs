//! Keeps the samples of one arm while its scenario is measured, and the arm itself while its process runs.

use std::time::Duration;

use anyhow::Context;
use fanout_record::run::{self, Bar, Latencies, MOST_DRAWN, Sample, Timeline};

use crate::arm::{Assignment, Entrant, RunningArm};

/// One arm's samples so far.
#[derive(Default)]
pub(crate) struct Row<'a> {
    /// The arm, while its process runs.
    arm: Option<RunningArm<'a>>,
    samples: Vec<(Sample, Vec<Bar>)>,
    /// The same samples without their bars, as the judge sees them.
    seen: Vec<Sample>,
    /// The fewest workers elsewhere that carried the requests of a sample.
    workers: Option<usize>,
    failure: Option<anyhow::Error>,
}

impl<'a> Row<'a> {
    /// Starts a process for the arm, unless it failed before.
    pub(crate) fn start(&mut self, entrant: &'a Entrant, work: &'a Assignment<'a>) {
        if self.failure.is_none() {
            match RunningArm::start(entrant, work) {
                Ok(arm) => self.arm = Some(arm),
                Err(error) => self.failure = Some(error),
            }
        }
    }

    /// Does something with the arm, if its process runs.
    pub(crate) fn with_arm(
        &mut self,
        act: impl FnOnce(&mut RunningArm<'a>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.arm.as_mut().map_or(Ok(()), act)
    }

    /// Runs a batch on the clock. `process` is how many processes the arm had before this one.
    pub(crate) fn sample(&mut self, round: usize, process: usize) -> anyhow::Result<()> {
        let Some(arm) = &mut self.arm else { return Ok(()) };
        let (mut sample, bars) = arm.sample(round).with_context(|| format!("in round {}", round + 1))?;
        sample.process = Some(process);
        self.workers = self.workers.into_iter().chain(arm.workers()).min();
        self.seen.push(sample.clone());
        self.samples.push((sample, bars));
        Ok(())
    }

    /// Ends the row if `acted` is an error.
    pub(crate) fn end_if_failed(&mut self, acted: anyhow::Result<()>) {
        if let Err(error) = acted {
            self.failure = Some(error);
            self.arm = None;
        }
    }

    /// Asks the process to end.
    pub(crate) fn dismiss(&mut self) {
        self.arm.iter_mut().for_each(RunningArm::dismiss);
    }

    /// Waits until the process has ended.
    pub(crate) fn stop(&mut self) {
        self.arm = None;
    }

    /// Returns the samples that the judge sees, or `None` if the arm failed.
    pub(crate) fn shown(&self) -> Option<&[Sample]> {
        self.failure.is_none().then_some(&self.seen)
    }

    /// Returns the processor time of this arm's batch in a round, or `None` if it has none.
    pub(crate) fn cost_of(&self, round: usize) -> Option<Duration> {
        self.seen.last().filter(|sample| sample.round == round).map(|sample| sample.usage.cpu())
    }

    /// Leaves out the samples of round `end` and of those after it.
    pub(crate) fn keep_rounds_below(&mut self, end: usize) {
        self.samples.retain(|(sample, _)| sample.round < end);
    }

    /// Returns the arm as a run records it.
    pub(crate) fn finish(self, entrant: &Entrant, is_tls: bool) -> run::Arm {
        let timeline = timeline(&self.samples);
        let (samples, batches): (Vec<_>, Vec<_>) = self.samples.into_iter().unzip();
        run::Arm {
            label: entrant.label.clone(),
            model: entrant.model.id().into(),
            role: entrant.role,
            twin: entrant.twin.clone(),
            concurrency: entrant.model.concurrency().limit(entrant.settings.concurrency).get(),
            workers: self.workers,
            protocol: entrant.settings.protocol,
            tls: entrant.tls && !is_tls,
            samples,
            latencies: Latencies::of(batches.iter().flatten().map(Bar::latency)),
            timeline,
            failure: self.failure.map(|error| format!("{error:#}")),
        }
    }
}

/// Returns the batch of median time, if it is small enough to be drawn.
fn timeline(samples: &[(Sample, Vec<Bar>)]) -> Option<Timeline> {
    let mut by_time: Vec<&(Sample, Vec<Bar>)> = samples.iter().collect();
    by_time.sort_by_key(|(sample, _)| sample.wall_ns);
    let (sample, bars) = by_time.get(by_time.len() / 2)?;
    (bars.len() <= MOST_DRAWN).then(|| Timeline::of(sample.round, bars))
}
