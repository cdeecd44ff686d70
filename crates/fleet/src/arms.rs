//! The arms of the bench `fleet`: what makes a batch, and what must run for it.

use std::env::{args, current_exe};
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use fanout_model::{Model, Runner, Settings};
use fanout_worker::role;
use model_nats_queue::{NatsRunner, Server, worker};
use model_ssh_pool::{Hosts, SshRunner};

use crate::{NatsServer, SshServer};

/// The first argument of a process that is a worker of the queue. The URL of the server follows.
const WORKER: &str = "__queue-worker";

/// Becomes a worker of the queue and never returns, if this process was started as one.
pub fn enter() {
    let arguments: Vec<String> = args().collect();
    let [_, role, url] = arguments.as_slice() else { return };
    if role != WORKER {
        return;
    }
    let served = Server::from_argument(url)
        .and_then(|server| worker::serve(&server, "tokio-current-thread", |text| eprintln!("{text}")));
    let Err(error) = served;
    eprintln!("{error}");
    std::process::exit(1);
}

/// What hands the requests to the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A NATS server.
    Queue,
    /// An ssh server.
    Ssh,
    /// Pipes.
    ProcessPool,
}

impl Kind {
    /// What a machine may lack for it, as `FANOUT_REQUIRE` names it.
    #[must_use]
    pub fn needs(self) -> &'static str {
        match self {
            Self::Queue => "nats",
            Self::Ssh => "sshd",
            Self::ProcessPool => "processes",
        }
    }
}

/// What makes a batch, with so many workers. The process pool has a process for each request in flight instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arm {
    /// What is between this process and the workers.
    pub kind: Kind,
    /// How many workers there are.
    pub workers: usize,
}

/// What runs for an arm. What is declared first ends first.
pub struct Fleet {
    /// What makes the batches.
    pub runner: Box<dyn Runner>,
    _workers: Vec<QueueWorker>,
    _nats: Option<NatsServer>,
    _ssh: Option<SshServer>,
}

impl Arm {
    /// What a table calls it.
    #[must_use]
    pub fn label(self) -> String {
        match self.kind {
            Kind::Queue => format!("nats-queue, {}", self.workers),
            Kind::Ssh => format!("ssh-pool, {}", self.workers),
            Kind::ProcessPool => format!("process-pool, {}", 20 * self.workers),
        }
    }

    /// Starts everything, and prepares for so many requests in flight, of all workers together.
    ///
    /// # Errors
    /// What does not start.
    pub fn start(self, in_flight: usize) -> anyhow::Result<Fleet> {
        let in_flight = NonZeroUsize::new(in_flight).context("nothing would be in flight")?;
        let settings = Settings::new(in_flight)?;
        match self.kind {
            Kind::Queue => {
                let nats = NatsServer::start()?;
                let workers = (0..self.workers).map(|_| QueueWorker::start(&nats.url()));
                let workers = workers.collect::<anyhow::Result<Vec<_>>>()?;
                let runner = Box::new(NatsRunner::start(&Server::from_argument(&nats.url())?, &settings)?);
                Ok(Fleet { runner, _workers: workers, _nats: Some(nats), _ssh: None })
            }
            Kind::Ssh => {
                let ssh = SshServer::start()?;
                let names: Vec<String> = (1..=self.workers).map(|number| format!("host{number}")).collect();
                let hosts = Hosts::new(&names.join(","))?.with(ssh.client_config(), worker_command()?);
                let runner = Box::new(SshRunner::start(&hosts, &settings)?);
                Ok(Fleet { runner, _workers: Vec::new(), _nats: None, _ssh: Some(ssh) })
            }
            Kind::ProcessPool => {
                let runner = model_process_pool::ProcessPool.prepare(&settings)?;
                Ok(Fleet { runner, _workers: Vec::new(), _nats: None, _ssh: None })
            }
        }
    }
}

/// Returns the words with which a shell starts this program as a worker. The program must call
/// `fanout_models::enter()` first in `main`.
///
/// # Errors
/// If this program has no file.
pub fn worker_command() -> anyhow::Result<String> {
    let worker = role::of(&current_exe().context("this program has no file")?);
    let words = [worker.get_program()].into_iter().chain(worker.get_args());
    Ok(words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
}

/// A worker of the queue on this machine, which is this program again. Dropping it ends it, and its own processes
/// end with it.
#[derive(Debug)]
pub struct QueueWorker(Child);

impl QueueWorker {
    /// Starts a worker and waits until it is ready. The program must call [`enter`] first in `main`.
    ///
    /// # Errors
    /// What it says instead.
    pub fn start(url: &str) -> anyhow::Result<Self> {
        let mut worker = Command::new(role::THIS_PROGRAM);
        let mut worker = Self(worker.args([WORKER, url]).stderr(Stdio::piped()).spawn()?);
        let mut line = String::new();
        // Nobody reads what it says later. It is a few lines, which the pipe takes.
        let output = worker.0.stderr.as_mut().context("its output is a pipe")?;
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line.contains("is ready"), "a worker said: {line}");
        Ok(worker)
    }
}

impl Drop for QueueWorker {
    fn drop(&mut self) {
        // It fails only if the worker has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
