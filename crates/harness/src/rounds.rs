//! Measures scenarios in shuffled rounds. In each round, every arm runs once, in a fresh order from a recorded seed.
//!
//! If all of A is measured first and then all of B, everything that drifts in between looks like a difference: when
//! that was tried, identical clients differed "significantly" in more than half of all pairs. In rounds, the drift
//! cancels out.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fanout_record::run::{self, Bar, Disturbance, Ended, Latencies, MOST_DRAWN, Sample, ScenarioRun, Timeline};
use fastrand::Rng;
use nix::sys::resource::{Resource, getrlimit};

use crate::arm::{Assignment, Entrant, RunningArm};
use crate::endpoint::{Destination, Endpoint};
use crate::interrupt;
use crate::others::Others;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::schedule::{Judge, Schedule};

/// Checks that the server may open enough files. It keeps the connections of all arms, and a connection that it
/// cannot accept would hang.
fn check_open_files(plan: &Plan) -> anyhow::Result<()> {
    let arms = plan.entrants.iter();
    let in_flight: usize = arms.map(|arm| arm.model.concurrency().limit(arm.settings.concurrency).get()).sum();
    let need = in_flight as u64 + SPARE_FILES;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).context("cannot read the limit of open files")?;
    ensure!(
        need <= most,
        "the server needs about {need} open files for the connections of all models, and the limit is {most}: \
         take fewer models at a time with FANOUT_MODELS, or raise the limit (`ulimit -Hn`)"
    );
    Ok(())
}

/// How many files the server needs besides the expected connections. Among them are a few more connections that pools
/// open.
const SPARE_FILES: u64 = 64;

/// Measures a scenario. If an arm fails, its row ends there with the reason, and the other arms go on. If the
/// measurement is interrupted, the finished rounds are kept. There may be none.
///
/// In each round, every arm has a fresh process. The peculiarities of a process (where its memory lies, which thread
/// woke first) then differ from round to round, and the interval includes their effect. Between two rounds, `judge`
/// decides whether there are enough rounds, and which arms may rest.
///
/// # Errors
/// If the server cannot be started, or may not open enough files.
pub fn measure(
    name: &str,
    plan: &Plan,
    destination: Destination<'_>,
    rng: &mut Rng,
    judge: &Judge<'_>,
) -> anyhow::Result<ScenarioRun> {
    if matches!(destination, Destination::Here) {
        check_open_files(plan)?;
    }
    let endpoint = Endpoint::open(destination, plan).context("no server to measure against")?;
    endpoint.within(|| measure_at(&endpoint, name, plan, rng, judge))?
}

/// Measures a scenario against an endpoint. It runs where the clients of the endpoint are.
fn measure_at(
    endpoint: &Endpoint,
    name: &str,
    plan: &Plan,
    rng: &mut Rng,
    judge: &Judge<'_>,
) -> anyhow::Result<ScenarioRun> {
    let work = endpoint.work_of(plan)?;
    let mut running = Running::new(name, plan, &work);
    let ended = running.all(rng, judge);
    let planned = match ended {
        Ended::Interrupted => plan.schedule.least.max(running.order.len() + 1),
        Ended::Settled | Ended::Rounds | Ended::Budget => running.order.len(),
    };
    let (order, disturbed, rows) = running.finish();
    let arms = plan.entrants.iter().zip(rows).map(|(entrant, row)| row.finish(entrant, plan.scenario.tls)).collect();
    let (scenario, server, round_trip) = (plan.scenario.clone(), endpoint.name(), endpoint.round_trip());
    let round_trip_ns = round_trip.and_then(|round_trip| u64::try_from(round_trip.as_nanos()).ok());
    Ok(ScenarioRun {
        scenario,
        server,
        round_trip_ns,
        transport: endpoint.transport(),
        planned: Some(planned),
        ended: Some(ended),
        order,
        disturbed,
        arms,
    })
}

/// A scenario while it is measured.
struct Running<'a> {
    plan: &'a Plan,
    work: &'a Assignment<'a>,
    rows: Vec<Row<'a>>,
    /// The arms that need not run any more.
    resting: Vec<usize>,
    order: Vec<Vec<usize>>,
    disturbed: Vec<Disturbance>,
    progress: Progress,
}

impl<'a> Running<'a> {
    fn new(name: &str, plan: &'a Plan, work: &'a Assignment<'a>) -> Self {
        let rows = plan.entrants.iter().map(|_| Row::default()).collect();
        let Schedule { least, most, time } = plan.schedule;
        let progress = Progress::new(name, most * plan.entrants.len(), time.filter(|_| least < most));
        Self { plan, work, rows, resting: Vec::new(), order: Vec::new(), disturbed: Vec::new(), progress }
    }

    /// Runs all rounds, and returns why they ended.
    fn all(&mut self, rng: &mut Rng, judge: &Judge<'_>) -> Ended {
        let begun = Instant::now();
        while self.order.len() < self.plan.schedule.most {
            let since = Instant::now();
            if !self.round(rng) {
                // This round is complete for some arms only.
                let round = self.order.len();
                self.rows.iter_mut().for_each(|row| row.keep_rounds_below(round));
                return Ended::Interrupted;
            }
            let shown = judge(&self.rows.iter().map(Row::shown).collect::<Vec<_>>());
            let ended = self.plan.schedule.ended(self.order.len(), begun, since.elapsed(), shown.settled);
            self.resting = if self.order.len() < self.plan.schedule.least { Vec::new() } else { shown.resting };
            if let Some(ended) = ended {
                return ended;
            }
        }
        Ended::Rounds
    }

    /// Runs each arm once, in a fresh process. Returns false if the program was asked to end before the last arm had
    /// run.
    fn round(&mut self, rng: &mut Rng) -> bool {
        let mut turns: Vec<usize> = (0..self.rows.len()).filter(|row| !self.resting.contains(row)).collect();
        rng.shuffle(&mut turns);
        if !self.start(&turns) {
            return false;
        }
        rng.shuffle(&mut turns);
        let (round, before) = (self.order.len(), Others::now(self.work.server));
        if !self.batches(round, &turns) {
            return false;
        }
        let own = self.rows.iter().filter_map(|row| row.cost_of(round)).sum();
        self.disturbed.extend(before.and_then(|before| before.disturbance(self.work.server, round, own)));
        self.order.push(turns);
        self.rows.iter_mut().for_each(Row::dismiss);
        self.rows.iter_mut().for_each(Row::stop);
        true
    }

    /// Starts the processes of these arms side by side, since nothing is on the clock yet. Then the arms warm up one
    /// after the other. Returns false if the program was asked to end.
    fn start(&mut self, turns: &[usize]) -> bool {
        for turn in turns {
            self.rows[*turn].start(&self.plan.entrants[*turn], self.work);
        }
        for turn in turns {
            if interrupt::asked() {
                return false;
            }
            let warmed_up = self.rows[*turn].with_arm(RunningArm::warm_up);
            if warmed_up.is_err() && interrupt::asked() {
                return false;
            }
            self.rows[*turn].end_if_failed(warmed_up);
        }
        true
    }

    /// Runs the batch of each of these arms. Returns false if the program was asked to end.
    fn batches(&mut self, round: usize, turns: &[usize]) -> bool {
        for turn in turns {
            if interrupt::asked() {
                return false;
            }
            self.progress.next(&self.plan.entrants[*turn].label, round, self.plan.schedule.most);
            let sampled = self.rows[*turn].sample(round);
            // A program that is asked to end gives up an arm that hangs, and its server may have ended as well.
            // Neither is a failure of the model.
            if sampled.is_err() && interrupt::asked() {
                return false;
            }
            self.rows[*turn].end_if_failed(sampled);
            self.progress.done();
        }
        true
    }

    fn finish(self) -> (Vec<Vec<usize>>, Vec<Disturbance>, Vec<Row<'a>>) {
        self.progress.finish();
        (self.order, self.disturbed, self.rows)
    }
}

/// One arm's samples so far.
#[derive(Default)]
struct Row<'a> {
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
    fn start(&mut self, entrant: &'a Entrant, work: &'a Assignment<'a>) {
        if self.failure.is_none() {
            match RunningArm::start(entrant, work) {
                Ok(arm) => self.arm = Some(arm),
                Err(error) => self.failure = Some(error),
            }
        }
    }

    fn with_arm(&mut self, act: impl FnOnce(&mut RunningArm<'a>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.arm.as_mut().map_or(Ok(()), act)
    }

    fn sample(&mut self, round: usize) -> anyhow::Result<()> {
        let Some(arm) = &mut self.arm else { return Ok(()) };
        let (mut sample, bars) = arm.sample(round).with_context(|| format!("in round {}", round + 1))?;
        sample.process = Some(round);
        self.workers = self.workers.into_iter().chain(arm.workers()).min();
        self.seen.push(sample.clone());
        self.samples.push((sample, bars));
        Ok(())
    }

    /// Ends the row if `acted` is an error.
    fn end_if_failed(&mut self, acted: anyhow::Result<()>) {
        if let Err(error) = acted {
            self.failure = Some(error);
            self.arm = None;
        }
    }

    fn dismiss(&mut self) {
        self.arm.iter_mut().for_each(RunningArm::dismiss);
    }

    fn stop(&mut self) {
        self.arm = None;
    }

    /// Returns the samples that the judge sees, or `None` if the arm failed.
    fn shown(&self) -> Option<&[Sample]> {
        self.failure.is_none().then_some(&self.seen)
    }

    /// Returns the processor time of this arm's batch in a round, or `None` if it has none.
    fn cost_of(&self, round: usize) -> Option<Duration> {
        self.seen.last().filter(|sample| sample.round == round).map(|sample| sample.usage.cpu())
    }

    fn keep_rounds_below(&mut self, end: usize) {
        self.samples.retain(|(sample, _)| sample.round < end);
    }

    fn finish(self, entrant: &Entrant, is_tls: bool) -> run::Arm {
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
