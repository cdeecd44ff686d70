//! Shuffled rounds: in each, every arm runs once, in a fresh order from a recorded seed.
//!
//! Measuring all of A and then all of B takes what drifts in between for a difference (FACTS: identical clients
//! differed "significantly" in more than half of all pairs). In rounds it cancels out.

use std::time::Duration;

use anyhow::{Context, ensure};
use fanout_model::Roots;
use fanout_record::run::Latencies;
use fanout_record::run::{self, Bar, MOST_DRAWN, Sample, Scenario, ScenarioRun, Start, Timeline};
use fastrand::Rng;
use mock_server::Engine;
use nix::sys::resource::{Resource, getrlimit};

use crate::arm::{Entrant, RunningArm, Work};
use crate::interrupt;
use crate::progress::Progress;
use crate::server::{Server, Serving, name_of};
use crate::target::Target;

/// One scenario to measure.
#[derive(Clone)]
pub struct Plan {
    /// What each arm is asked to do.
    pub scenario: Scenario,
    /// Which engine of the mock server answers, where no other server was named.
    pub engine: Engine,
    /// Who takes part.
    pub entrants: Vec<Entrant>,
    /// How often each runs.
    pub rounds: usize,
}

impl Plan {
    /// How many requests it sends, warming up included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let warm_up = usize::from(self.scenario.start == Start::Warm);
        (self.scenario.requests * self.entrants.len() * (self.rounds + warm_up)) as u64
    }
}

/// Whom a scenario's requests go to.
pub enum Endpoint {
    /// A mock server with the scenario's delay.
    Mock(Server, Engine),
    /// A server that was named.
    Given(Target),
}

impl Endpoint {
    /// The target, or else a mock server started for this scenario.
    ///
    /// # Errors
    /// Where the mock server cannot be started.
    pub fn open(target: Option<&Target>, scenario: &Scenario, engine: Engine) -> anyhow::Result<Self> {
        let Some(target) = target else {
            let delay = Duration::from_nanos(scenario.delay_ns.unwrap_or(0));
            let serving = Serving { delay, engine, tls: scenario.tls };
            return Ok(Self::Mock(Server::start(serving)?, engine));
        };
        Ok(Self::Given(target.clone()))
    }

    /// The batch of a scenario, for all that it is sent to.
    #[must_use]
    pub fn work(&self, scenario: &Scenario) -> Work<'_> {
        let (url, plain_url) = match self {
            Self::Mock(server, _) if scenario.tls => (server.tls_url(), server.uuid_url()),
            Self::Mock(server, _) => (server.uuid_url(), server.uuid_url()),
            Self::Given(target) => (target.url.clone(), target.url.clone()),
        };
        let n = scenario.requests;
        let (urls, plain_urls) = (vec![url; n], vec![plain_url; n]);
        let engine = match self {
            Self::Mock(_, engine) => Some(*engine),
            Self::Given(_) => None,
        };
        let (start, server) = (scenario.start, self.server());
        Work { urls, plain_urls, roots: self.roots(), start, server, engine, counted: true }
    }

    fn roots(&self) -> &Roots {
        match self {
            Self::Mock(server, _) => server.roots(),
            Self::Given(target) => &target.roots,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Mock(_, engine) => name_of(*engine).into(),
            Self::Given(target) => target.shown(),
        }
    }

    /// The server, where it is ours.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match self {
            Self::Mock(server, _) => Some(server),
            Self::Given(_) => None,
        }
    }
}

/// The server keeps the connections of all arms, and one that it can't accept would hang.
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

/// Files of the server beside its connections, and the few connections more that pools open.
const SPARE_FILES: u64 = 64;

/// Measures a scenario. An arm that fails ends its row there, with the reason; the others go on. When interrupted,
/// what is finished is kept, in whole rounds; that may be none.
///
/// # Errors
/// Where the server cannot be started.
pub fn measure(name: &str, plan: &Plan, target: Option<&Target>, rng: &mut Rng) -> anyhow::Result<ScenarioRun> {
    if target.is_none() {
        check_open_files(plan)?;
    }
    let endpoint = Endpoint::open(target, &plan.scenario, plan.engine).context("no server to measure against")?;
    let work = endpoint.work(&plan.scenario);
    let progress = Progress::new(name, plan.rounds * plan.entrants.len());
    // After an interrupt no more arms are started; an arm without rounds is left out.
    let wanted = plan.entrants.iter().take_while(|_| !interrupt::asked());
    let mut rows: Vec<Row> = wanted.map(|entrant| Row::new(entrant, &work)).collect();
    let mut order = Vec::new();
    while order.len() < plan.rounds && !interrupt::asked() {
        let round = order.len();
        let mut turns: Vec<usize> = (0..rows.len()).collect();
        rng.shuffle(&mut turns);
        if !run_round(plan, round, &turns, &mut rows, &progress) {
            // It is whole for some arms only.
            rows.iter_mut().for_each(|row| row.keep_rounds_below(round));
            break;
        }
        order.push(turns);
    }
    progress.finish();
    let arms = plan.entrants.iter().zip(rows).map(|(entrant, row)| row.finish(entrant)).collect();
    let (scenario, server) = (plan.scenario.clone(), endpoint.name());
    Ok(ScenarioRun { scenario, server, planned: Some(plan.rounds), order, arms })
}

/// Runs every arm once. False where somebody asked to end before the last arm had run.
fn run_round(plan: &Plan, round: usize, turns: &[usize], rows: &mut [Row<'_>], progress: &Progress) -> bool {
    for turn in turns {
        if interrupt::asked() {
            return false;
        }
        progress.next(&plan.entrants[*turn].label, round, plan.rounds);
        let sampled = rows[*turn].sample(round);
        // An arm that hangs is given up then, and the server may have been ended as well: the model did not fail.
        if sampled.is_err() && interrupt::asked() {
            return false;
        }
        rows[*turn].end_if_failed(sampled);
        progress.done();
    }
    true
}

/// One arm's samples so far.
struct Row<'a> {
    arm: anyhow::Result<RunningArm<'a>>,
    samples: Vec<(Sample, Vec<Bar>)>,
}

impl<'a> Row<'a> {
    fn new(entrant: &'a Entrant, work: &'a Work<'a>) -> Self {
        Self { arm: RunningArm::new(entrant, work), samples: Vec::new() }
    }

    fn sample(&mut self, round: usize) -> anyhow::Result<()> {
        let Ok(arm) = &mut self.arm else { return Ok(()) };
        self.samples.push(arm.sample(round).with_context(|| format!("in round {}", round + 1))?);
        Ok(())
    }

    /// Ends the row where the last batch was not as it must be.
    fn end_if_failed(&mut self, sampled: anyhow::Result<()>) {
        if let Err(error) = sampled {
            self.arm = Err(error);
        }
    }

    fn keep_rounds_below(&mut self, end: usize) {
        self.samples.retain(|(sample, _)| sample.round < end);
    }

    fn finish(self, entrant: &Entrant) -> run::Arm {
        let timeline = timeline(&self.samples);
        let (samples, batches): (Vec<_>, Vec<_>) = self.samples.into_iter().unzip();
        run::Arm {
            label: entrant.label.clone(),
            model: entrant.model.id().into(),
            role: entrant.role,
            concurrency: entrant.model.concurrency().limit(entrant.settings.concurrency).get(),
            protocol: entrant.settings.protocol,
            samples,
            latencies: Latencies::of(batches.iter().flatten().map(Bar::latency)),
            timeline,
            failure: self.arm.err().map(|error| format!("{error:#}")),
        }
    }
}

/// The batch of median time, where it is small enough to be drawn.
fn timeline(samples: &[(Sample, Vec<Bar>)]) -> Option<Timeline> {
    let mut by_time: Vec<&(Sample, Vec<Bar>)> = samples.iter().collect();
    by_time.sort_by_key(|(sample, _)| sample.wall_ns);
    let (sample, bars) = by_time.get(by_time.len() / 2)?;
    (bars.len() <= MOST_DRAWN).then(|| Timeline { round: sample.round, bars: bars.clone() })
}
