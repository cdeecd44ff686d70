//! Worker processes on other machines, which ssh starts, and among which the batch is split evenly.
//!
//! `FANOUT_SSH` names the hosts. On each, `ssh HOST fanout worker` is a worker, which speaks the same protocol over
//! ssh as the workers of the process pool do over pipes. It makes its part of the batch with the model
//! `tokio-current-thread`. When a host is lost, the outcomes of its part are recorded as lost, and the others finish
//! theirs. docs/fleet.md says how to run it.
//!
//! There is no queue in between: this is the floor that a queue of many machines is judged by.

mod hosts;

use std::num::NonZeroUsize;
use std::thread::{available_parallelism, scope};

use fanout_model::split::{even_parts, split_evenly};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError, Usage,
    runtime,
};
use fanout_worker::Worker;

pub use crate::hosts::Hosts;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct SshPool;

/// The model that each host uses for its part.
const SHARE_MODEL: &str = "tokio-current-thread";

impl Model for SshPool {
    fn id(&self) -> &'static str {
        "ssh-pool"
    }

    fn about(&self) -> &'static str {
        "a worker on each of several machines over ssh, the batch shared out among them"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::ManyMachines,
            pick_it_when: "one machine is not enough, the machines are always there, and nothing may be installed \
                but ssh and one program",
            it_costs: "the part of a machine that is lost, and the wait for the slowest machine, since each has its \
                part from the beginning",
            called: Called::Blocking,
            one_host: false,
            libraries: &["reqwest", "tokio"],
            crates: 96,
            source: include_str!("lib.rs"),
        })
    }

    /// Twenty for each processor of this machine, since nobody knows here how many the hosts have.
    fn concurrency(&self) -> Concurrency {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Concurrency::Chosen(NonZeroUsize::new(20 * processors).unwrap_or(NonZeroUsize::MIN))
    }

    fn available(&self) -> Result<(), SetupError> {
        Hosts::are_named()
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(self.protocols())?;
        Ok(Box::new(SshRunner::start(&Hosts::from_env()?, settings)?))
    }
}

/// The workers of all hosts. [`Model::prepare`] starts those that the environment names.
#[derive(Debug)]
pub struct SshRunner {
    hosts: Vec<Host>,
    usage: Usage,
}

#[derive(Debug)]
struct Host {
    name: String,
    /// The first of its lanes.
    lane: usize,
    worker: Worker,
}

impl SshRunner {
    /// Starts a worker on each host, and lets it prepare for its part of the requests in flight. With fewer in flight
    /// than hosts, the last hosts have nothing to do.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] with the name of a host on which no worker starts or prepares. What ssh says of it
    /// is on standard error.
    pub fn start(hosts: &Hosts, settings: &Settings) -> Result<Self, SetupError> {
        let (names, mut lane) = (hosts.names(), 0);
        let mut pool = Self { hosts: Vec::with_capacity(names.len()), usage: Usage::default() };
        for (name, part) in names.iter().zip(even_parts(settings.concurrency.get(), names.len())) {
            let Some(concurrency) = NonZeroUsize::new(part) else { break };
            let mut worker = Worker::start(hosts.start(name)).map_err(|error| of_host(name, &error))?;
            let settings = Settings { concurrency, ..settings.clone() };
            worker.ask_to_prepare(SHARE_MODEL, &settings).map_err(|error| of_host(name, &error))?;
            pool.hosts.push(Host { name: name.clone(), lane, worker });
            lane += part;
        }
        // All workers were asked before the first reply is awaited, so that they start up in parallel.
        let prepared = |host: &mut Host| host.worker.prepared().map_err(|error| of_host(&host.name, &error));
        pool.hosts.iter_mut().try_for_each(prepared)?;
        Ok(pool)
    }
}

/// An error of a worker with the name of its host.
fn of_host(name: &str, error: &SetupError) -> SetupError {
    match error {
        SetupError::Worker(reason) => SetupError::Elsewhere(format!("on the host {name}: {reason}")),
        other => other.clone(),
    }
}

impl Runner for SshRunner {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        self.usage = Usage::default();
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        // Excerpt: begins.
        let shares = split_evenly(requests, self.hosts.len());
        // Here, a thread for each host only waits for its ssh.
        let answers: Vec<_> = scope(|threads| {
            let ask = |(host, share)| threads.spawn(move || carry(batch, host, share));
            let asked: Vec<_> = self.hosts.iter_mut().zip(shares).map(ask).collect();
            asked.into_iter().map(|thread| thread.join().expect("waiting on a pipe does not panic")).collect()
        });
        // Excerpt: ends.
        let mut outcomes = Vec::with_capacity(requests.len());
        for (share, usage) in answers {
            outcomes.extend(share);
            self.usage += usage;
        }
        outcomes
    }

    fn usage_elsewhere(&self) -> Usage {
        self.usage
    }

    fn workers_elsewhere(&self) -> Option<usize> {
        Some(self.hosts.len())
    }
}

/// Carries out one host's part, and converts its outcomes from the worker's clock to the batch's. The clocks of two
/// machines cannot be compared, but the worker's times count from when it was asked.
fn carry(batch: Batch, host: &mut Host, share: &[Request]) -> (Vec<Outcome>, Usage) {
    if share.is_empty() {
        return (Vec::new(), Usage::default());
    }
    let sent = batch.elapsed();
    match host.worker.run(share) {
        Ok((outcomes, usage)) => {
            let moved = |outcome: Outcome| Outcome { lane: host.lane + outcome.lane, ..outcome.later(sent) };
            (outcomes.into_iter().map(moved).collect(), usage)
        }
        Err(reason) => {
            let reason = format!("on the host {}: {reason}", host.name);
            (vec![Outcome::lost(host.lane, batch.elapsed(), reason); share.len()], Usage::default())
        }
    }
}

impl Drop for SshRunner {
    fn drop(&mut self) {
        // All workers are told to end before the first of them is awaited.
        self.hosts.iter_mut().for_each(|host| host.worker.dismiss());
    }
}
