//! Measures scenarios in shuffled rounds. In each round, every arm runs once, in a fresh order from a recorded seed.
//!
//! If all of A is measured first and then all of B, everything that drifts in between looks like a difference: when
//! that was tried, identical clients differed "significantly" in more than half of all pairs. In rounds, the drift
//! cancels out.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, ensure};
use fanout_record::run::{Disturbance, Ended, ScenarioRun, Start};
use fastrand::Rng;
use nix::sys::resource::{Resource, getrlimit};

use crate::arm::{Assignment, RunningArm};
use crate::endpoint::{Destination, Endpoint};
use crate::interrupt;
use crate::others::Others;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::row::Row;
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
/// Every arm has one process after another, and keeps each for one round or a few ([`Schedule`] says how many). The
/// peculiarities of a process (where its memory lies, which thread woke first) then differ between its rounds and
/// those of the next process, and the interval includes their effect. Between two processes, `judge` decides whether
/// there are enough rounds, and which arms may rest.
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
    let mut running = Running::new(name, plan, &work, rng);
    let ended = running.all(judge);
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
    /// The arms that do not run any more. An arm that rests never runs again, so that its rounds are the first ones.
    resting: BTreeSet<usize>,
    /// How many processes an arm that does not rest has had.
    processes: usize,
    /// For how many rounds an arm keeps a process; `None` until the first round shows it.
    rounds_each: Option<usize>,
    order: Vec<Vec<usize>>,
    disturbed: Vec<Disturbance>,
    progress: Progress,
    /// The orders in which the processes start, and those in which their batches run. They are drawn apart, so that a
    /// seed gives the same orders of batches, no matter for how many rounds a process is kept.
    starts: Rng,
    turns: Rng,
}

impl<'a> Running<'a> {
    fn new(name: &str, plan: &'a Plan, work: &'a Assignment<'a>, rng: &mut Rng) -> Self {
        let rows = plan.entrants.iter().map(|_| Row::default()).collect();
        let Schedule { least, most, time } = plan.schedule;
        Self {
            plan,
            work,
            rows,
            resting: BTreeSet::new(),
            processes: 0,
            // In a cold start, a process that has run a batch is not cold any more.
            rounds_each: (work.start == Start::Cold).then_some(1),
            order: Vec::new(),
            disturbed: Vec::new(),
            progress: Progress::new(name, most * plan.entrants.len(), time.filter(|_| least < most)),
            starts: rng.fork(),
            turns: rng.fork(),
        }
    }

    /// Runs all rounds, and returns why they ended.
    fn all(&mut self, judge: &Judge<'_>) -> Ended {
        let (begun, schedule) = (Instant::now(), self.plan.schedule);
        while self.order.len() < schedule.most {
            let since = Instant::now();
            if !self.process() {
                // The round that was interrupted is complete for some arms only.
                let round = self.order.len();
                self.rows.iter_mut().for_each(|row| row.keep_rounds_below(round));
                return Ended::Interrupted;
            }
            let shown = judge(&self.rows.iter().map(Row::shown).collect::<Vec<_>>());
            let (rounds, processes) = (self.order.len(), self.processes);
            if schedule.has_least(rounds, processes) {
                self.resting.extend(shown.resting);
            }
            if let Some(ended) = schedule.ended(rounds, processes, begun, since.elapsed(), shown.settled) {
                return ended;
            }
        }
        Ended::Rounds
    }

    /// Starts a fresh process for each arm that does not rest, and runs rounds in these processes. Returns false if
    /// the program was asked to end before the last arm had run.
    fn process(&mut self) -> bool {
        let running: Vec<usize> = (0..self.rows.len()).filter(|row| !self.resting.contains(row)).collect();
        let starts = shuffled(&running, &mut self.starts);
        let begun = Instant::now();
        if !self.start(&starts) {
            return false;
        }
        let start = begun.elapsed();
        for done in 1.. {
            let since = Instant::now();
            let turns = shuffled(&running, &mut self.turns);
            if !self.round(turns) {
                return false;
            }
            let rounds_each =
                *self.rounds_each.get_or_insert_with(|| self.plan.schedule.rounds_each(start, since.elapsed()));
            if done >= rounds_each || self.order.len() >= self.plan.schedule.most {
                break;
            }
        }
        self.processes += 1;
        self.rows.iter_mut().for_each(Row::dismiss);
        self.rows.iter_mut().for_each(Row::stop);
        true
    }

    /// Runs a batch of each of these arms. Returns false if the program was asked to end before the last arm had run.
    fn round(&mut self, turns: Vec<usize>) -> bool {
        let (round, before) = (self.order.len(), Others::now(self.work.server));
        if !self.batches(round, &turns) {
            return false;
        }
        let own = self.rows.iter().filter_map(|row| row.cost_of(round)).sum();
        self.disturbed.extend(before.and_then(|before| before.disturbance(self.work.server, round, own)));
        self.order.push(turns);
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
            let sampled = self.rows[*turn].sample(round, self.processes);
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

/// Returns these arms in a random order.
fn shuffled(arms: &[usize], rng: &mut Rng) -> Vec<usize> {
    let mut shuffled = arms.to_vec();
    rng.shuffle(&mut shuffled);
    shuffled
}
