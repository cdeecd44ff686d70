//! Runs one participant of a scenario: measures its time on the clock, and counts what it uses.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow};
use fanout_model::{Model, Protocol, Request, Roots, Settings, SetupError};
use fanout_record::run::{Bar, Counted, Role, Sample, Start};
use fanout_worker::protocol::Cold;
use fanout_worker::{Worker, role};
use mock_server::Engine;

use crate::interrupt;
use crate::server::Server;
use crate::verify::{self, Expected};

/// The program whose worker an entrant runs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Build {
    /// This program's own worker.
    #[default]
    This,
    /// The worker of another build of this program.
    Program(PathBuf),
    /// This program's own worker, made slower by this many percent of its processor time.
    Slowed(f64),
}

impl Build {
    fn worker(&self) -> Result<Command, SetupError> {
        match self {
            Self::This => role::again(),
            Self::Program(program) => Ok(role::of(program)),
            Self::Slowed(percent) => {
                let mut worker = role::again()?;
                role::slow(&mut worker, *percent);
                Ok(worker)
            }
        }
    }
}

/// A participant of a scenario, and why it takes part.
#[derive(Clone)]
pub struct Entrant {
    /// Its name in the scenario.
    pub label: String,
    /// The model.
    pub model: &'static dyn Model,
    /// Why it takes part.
    pub role: Role,
    /// The label of the model that a mistake is compared with, or of a peer's counterpart in Rust.
    pub twin: Option<String>,
    /// The settings that the model gets.
    pub settings: Settings,
    /// Whether its requests go over TLS.
    pub tls: bool,
    /// The number of requests in its batches, or `None` if it is that of the scenario.
    pub requests: Option<usize>,
    /// The program whose worker it runs in.
    pub build: Build,
}

impl Entrant {
    /// Returns how many requests of the scenario's batch, of which there are `all`, each batch has with which the
    /// entrant's process warms up. If the server takes some time for each answer, two requests for each that
    /// may be in flight are enough: each lane connects with its first request, and uses that connection again with
    /// its second. If the server answers at once, a fast lane may take the requests of the others, and all requests
    /// are sent.
    pub(crate) fn requests_to_warm_up(&self, all: usize, server_waits: bool) -> usize {
        let limit = self.model.concurrency().limit(self.settings.concurrency).get();
        if server_waits { all.min(limit.saturating_mul(2)) } else { all }
    }

    /// Returns the number of requests in the entrant's batches, in a scenario of so many requests.
    pub(crate) fn requests(&self, of_the_scenario: usize) -> usize {
        self.requests.unwrap_or(of_the_scenario)
    }
}

/// A batch on the clock, and one off the clock to warm up with.
#[derive(Default)]
pub struct Batch {
    /// The requests.
    pub requests: Vec<Request>,
    /// The same requests with less work on an answer, for the batches before the first one on the clock.
    pub to_warm_up: Vec<Request>,
}

/// The batch that every arm carries out.
pub struct Assignment<'a> {
    /// The number of requests in a batch, unless an entrant has its own.
    pub n: usize,
    /// The requests, as many as the longest batch has.
    pub plain: Batch,
    /// The same requests over TLS; empty if the server does not speak it.
    pub over_tls: Batch,
    /// The requests of the floor: the same ones without TLS, which it does not speak, and with no work on an answer.
    pub for_the_floor: Vec<Request>,
    /// The certificate roots that https trusts.
    pub roots: &'a Roots,
    /// Which part of the work is on the clock.
    pub start: Start,
    /// Whether the server takes some time for each answer.
    pub waits: bool,
    /// How many batches an arm warms up with.
    pub warm_ups: usize,
    /// The most requests that the server takes at one moment; an arm does not warm up with more. `None` if it takes
    /// any number.
    pub burst: Option<usize>,
    /// The mock server; `None` if the requests go to another server.
    pub server: Option<&'a Server>,
    /// The engine of the mock server that answers.
    pub engine: Option<Engine>,
    /// Whether to count what a batch uses, besides its time.
    pub counted: bool,
}

/// How long a batch may still take after this program is asked to end, because the batch may hang.
const GRACE: Duration = Duration::from_secs(5);

/// How long a batch of another build may take. A batch that hangs must not hold up a comparison beyond any budget.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest that any batch may take.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How much longer than the timeouts of its requests a batch may take. This includes setting the model up.
const MARGIN: Duration = Duration::from_secs(60);

/// An entrant that is ready to run, in a process of its own. The usage of the process is that of this entrant alone,
/// and no other entrant leaves anything in its memory.
pub struct RunningArm<'a> {
    entrant: &'a Entrant,
    settings: Settings,
    work: &'a Assignment<'a>,
    worker: Worker,
    /// How many workers elsewhere carried the requests of the last batch.
    workers: Option<usize>,
}

impl<'a> RunningArm<'a> {
    /// Starts the entrant's process. If the scenario is warm, this also prepares the model off the clock and lets it
    /// connect.
    ///
    /// # Errors
    /// If the model cannot be prepared, or a batch to warm up fails.
    pub fn new(entrant: &'a Entrant, work: &'a Assignment<'a>) -> anyhow::Result<Self> {
        let mut arm = Self::start(entrant, work)?;
        arm.warm_up()?;
        Ok(arm)
    }

    /// Starts the entrant's process, and does not wait until the model is prepared. [`warm_up`](Self::warm_up) comes
    /// next.
    ///
    /// # Errors
    /// If the process cannot be started.
    pub fn start(entrant: &'a Entrant, work: &'a Assignment<'a>) -> anyhow::Result<Self> {
        let roots = if entrant.model.speaks_tls() { work.roots.clone() } else { Roots::None };
        let settings = Settings { roots, ..entrant.settings.clone() };
        let program = entrant.model.program().unwrap_or_else(|| entrant.build.worker())?;
        let mut worker = Worker::start(program)?;
        worker.give_up_when(interrupt::asked, GRACE);
        worker.wait_at_most(match entrant.build {
            Build::Program(_) => TIMEOUT,
            Build::This | Build::Slowed(_) => longest(entrant, &settings, entrant.requests(work.n)),
        });
        let mut arm = Self { entrant, settings, work, worker, workers: None };
        if work.start == Start::Warm {
            arm.worker.ask_to_prepare(entrant.model.id(), &arm.settings)?;
        }
        Ok(arm)
    }

    /// Waits until the model is prepared and lets it connect, if the scenario is warm.
    ///
    /// # Errors
    /// If the model cannot be prepared, or a batch to warm up fails.
    pub fn warm_up(&mut self) -> anyhow::Result<()> {
        if self.work.start == Start::Warm {
            self.worker.prepared().map_err(unwrapped)?;
            let all = self.entrant.requests(self.work.n);
            let n = self.entrant.requests_to_warm_up(all, self.work.waits).min(self.work.burst.unwrap_or(all));
            let warm_up = self.requests(|batch| &batch.to_warm_up);
            for _ in 0..self.work.warm_ups {
                self.batch(&warm_up[..n], 0).context("warming up")?;
            }
        }
        Ok(())
    }

    /// Asks the process to end. Dropping the arm waits for that.
    pub fn dismiss(&mut self) {
        self.worker.dismiss();
    }

    /// Returns how many workers elsewhere carried the requests of the last batch; `None` for a model whose requests
    /// no worker elsewhere carries.
    #[must_use]
    pub fn workers(&self) -> Option<usize> {
        self.workers
    }

    /// Runs one batch on the clock, and verifies it off the clock. Returns the sample, and when each request was
    /// made.
    ///
    /// # Errors
    /// If the batch is not a sample. The error says why.
    pub fn sample(&mut self, round: usize) -> anyhow::Result<(Sample, Vec<Bar>)> {
        let n = self.entrant.requests(self.work.n);
        self.batch(&self.requests(|batch| &batch.requests)[..n], round)
    }

    /// Returns a part of the batch as this arm makes it. The control arms have their own requests.
    fn requests(&self, part: fn(&'a Batch) -> &'a [Request]) -> &'a [Request] {
        match (self.entrant.role, self.entrant.tls) {
            (Role::Floor, _) => &self.work.for_the_floor,
            (_, true) => part(&self.work.over_tls),
            (_, false) => part(&self.work.plain),
        }
    }

    /// Runs a batch of these requests.
    fn batch(&mut self, batch: &[Request], round: usize) -> anyhow::Result<(Sample, Vec<Bar>)> {
        let Self { entrant: Entrant { model, .. }, settings, .. } = self;
        if let Some(server) = self.work.server {
            server.reset()?;
        }
        let cold =
            (self.work.start == Start::Cold).then(|| Cold { model: model.id().into(), settings: settings.clone() });
        let measured = self.worker.measure(cold, batch, self.work.counted).map_err(|error| anyhow!(error))?;
        self.workers = measured.workers;
        let counted = self.work.server.map(Server::stats).transpose()?;
        let limit = model.concurrency().limit(settings.concurrency).get();
        let expected = Expected { requests: batch.len(), limit };
        verify::batch(expected, &measured.outcomes, counted).map_err(|error| anyhow!(error))?;
        let tells = self.work.engine != Some(Engine::Wiremock) || settings.protocol != Protocol::Http2;
        let server = counted.map(|counted| Counted {
            peak_in_flight: counted.peak_in_flight,
            connections: tells.then_some(counted.connections),
            refused: counted.refused,
            queued: counted.queued,
            longest_queue: counted.longest_queue,
        });
        let bars = measured.outcomes.iter().map(Bar::of).collect();
        let mut usage = measured.own;
        usage += measured.elsewhere;
        let share = batch.len() as f64 / self.work.n.max(1) as f64;
        Ok((Sample { round, process: None, wall_ns: measured.wall_ns, share, usage, server }, bars))
    }
}

/// Returns how long a batch takes at most, if each request takes as long as it may.
fn longest(entrant: &Entrant, settings: &Settings, requests: usize) -> Duration {
    let limit = entrant.model.concurrency().limit(settings.concurrency).get();
    let turns = u32::try_from(requests.div_ceil(limit)).unwrap_or(u32::MAX);
    settings.retry.longest_request(settings.timeout).saturating_mul(turns).saturating_add(MARGIN).min(LONGEST)
}

/// Returns the model's own error, without the addition that a worker reported it.
fn unwrapped(error: SetupError) -> anyhow::Error {
    match error {
        SetupError::Worker(reason) => anyhow!(reason),
        other => other.into(),
    }
}
