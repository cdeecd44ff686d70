//! One participant of a scenario: what is on the clock, and what is counted beside it.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use fanout_model::{Model, Outcome, Runner, Settings, Url, Usage};
use fanout_record::run::{Counted, Role, Sample, Start};
use fanout_usage::Meter;

use crate::server::Server;
use crate::verify::{self, Expected};

/// Who takes part, and why.
#[derive(Clone)]
pub struct Entrant {
    /// Its name in the scenario.
    pub label: String,
    /// The model.
    pub model: &'static dyn Model,
    /// Why it takes part.
    pub role: Role,
    /// What it is given.
    pub settings: Settings,
}

/// The same batch for every arm.
pub struct Work<'a> {
    /// One request each.
    pub urls: &'a [Url],
    /// What is on the clock.
    pub start: Start,
    /// The server, where it is ours.
    pub server: Option<&'a Server>,
}

/// An entrant ready to run.
pub struct Arm<'a> {
    entrant: &'a Entrant,
    work: &'a Work<'a>,
    prepared: Option<Box<dyn Runner>>,
}

impl<'a> Arm<'a> {
    /// Prepares the model off the clock and lets it connect, where the scenario is warm.
    ///
    /// # Errors
    /// Where it cannot be prepared, or its first batch is not as it must be.
    pub fn new(entrant: &'a Entrant, work: &'a Work<'a>) -> anyhow::Result<Self> {
        let mut arm = Self { entrant, work, prepared: None };
        if work.start == Start::Warm {
            arm.prepared = Some(entrant.model.prepare(&entrant.settings)?);
            arm.sample(0).context("warming up")?;
        }
        Ok(arm)
    }

    /// One batch on the clock, verified off it, with the latency of each request.
    ///
    /// # Errors
    /// Why it is not a sample.
    pub fn sample(&mut self, round: usize) -> anyhow::Result<(Sample, Vec<Duration>)> {
        if let Some(server) = self.work.server {
            server.reset()?;
        }
        let meter = Meter::start();
        let start = Instant::now();
        let (outcomes, elsewhere) = self.run()?;
        let wall = start.elapsed();
        let mut usage = meter.stop();
        usage += elsewhere;
        let counted = self.work.server.map(Server::stats).transpose()?;
        let limit = self.entrant.model.concurrency().limit(self.entrant.settings.concurrency).get();
        let expected = Expected { requests: self.work.urls.len(), limit };
        verify::batch(expected, &outcomes, counted).map_err(|error| anyhow!(error))?;
        let server = counted
            .map(|counted| Counted { peak_in_flight: counted.peak_in_flight, connections: counted.connections });
        let latencies = outcomes.iter().map(|outcome| outcome.finished.saturating_sub(outcome.started)).collect();
        let wall_ns = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
        Ok((Sample { round, wall_ns, usage, server }, latencies))
    }

    /// What is on the clock. A cold model's processes are reaped by the end, so that the meter has them already.
    fn run(&mut self) -> anyhow::Result<(Vec<Outcome>, Usage)> {
        match &mut self.prepared {
            Some(runner) => {
                let outcomes = runner.run(self.work.urls);
                Ok((outcomes, runner.usage_elsewhere()))
            }
            None => {
                let mut runner = self.entrant.model.prepare(&self.entrant.settings)?;
                Ok((runner.run(self.work.urls), Usage::default()))
            }
        }
    }
}
