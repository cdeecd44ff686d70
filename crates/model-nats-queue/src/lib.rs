//! Many machines: the batch as work items in a NATS JetStream queue, which workers on any number of machines take.
//!
//! `cargo fanout worker --nats URL --model ID` on each machine is a worker, and `FANOUT_NATS` names the server for
//! the program that has the batch. docs/fleet.md says how to run it, and what it promises.
//!
//! - This file is the model: it hands out shares of the batch, and puts the outcomes in order.
//! - `server` says where the server is, how to log in, and which servers can be used.
//! - `queue` has the streams, and what is said through them.
//! - `shares` says how a batch is cut into shares.
//! - `session` is a client's connection; `hello` finds the workers, and `batch` makes one batch.
//! - [`worker`] is the other end. `children` are the processes in which it makes the requests.

mod batch;
mod children;
mod hello;
mod queue;
mod server;
mod session;
mod shares;
pub mod worker;

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use fanout_model::runtime::{EventLoop, refuse};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError, Usage,
};

pub use crate::server::{Server, VARIABLE};
use crate::session::Session;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct NatsQueue;

impl Model for NatsQueue {
    fn id(&self) -> &'static str {
        "nats-queue"
    }

    fn about(&self) -> &'static str {
        "workers on many machines, which take shares of the batch from a NATS JetStream queue"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::ManyMachines,
            pick_it_when: "one machine is not enough, or when the batch must survive the loss of one",
            it_costs: "a server and workers to run, and some milliseconds for each share that a worker takes",
            called: Called::Blocking,
            one_host: false,
            libraries: &["async-nats"],
            crates: 122,
            source: include_str!("batch.rs"),
        })
    }

    /// Twenty for each processor of this machine, since nobody knows here which machines there will be.
    fn concurrency(&self) -> Concurrency {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Concurrency::Chosen(NonZeroUsize::new(20 * processors).unwrap_or(NonZeroUsize::MIN))
    }

    fn available(&self) -> Result<(), SetupError> {
        Server::is_named()
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        refuse()?;
        settings.refuse_beyond(self.protocols())?;
        Ok(Box::new(NatsRunner::start(&Server::from_env()?, settings)?))
    }
}

/// The model with its connection to the server. [`Model::prepare`] makes one for the server that the environment
/// names.
#[derive(Debug)]
pub struct NatsRunner {
    /// What it is made of lives in this event loop, so that it is dropped first.
    session: Option<Session>,
    event_loop: EventLoop,
    usage: Usage,
}

impl NatsRunner {
    /// Connects, finds the workers, and lets them prepare.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if the server cannot be used, or if there is no worker that can do what the settings
    /// ask for; [`SetupError::InsideRuntime`] inside an event loop.
    pub fn start(server: &Server, settings: &Settings) -> Result<Self, SetupError> {
        let event_loop = EventLoop::on_a_thread()?;
        let session = Some(event_loop.block_on(Session::open(server, settings))??);
        Ok(Self { session, event_loop, usage: Usage::default() })
    }
}

impl Runner for NatsRunner {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        self.usage = Usage::default();
        let Some(session) = &mut self.session else { return Batch::start().in_order(requests.len(), []) };
        match self.event_loop.block_on(batch::carry(session, requests)) {
            Ok((outcomes, usage)) => {
                self.usage = usage;
                outcomes
            }
            Err(error) => Batch::refused(requests.len(), &error),
        }
    }

    fn usage_elsewhere(&self) -> Usage {
        self.usage
    }

    fn workers_elsewhere(&self) -> Option<usize> {
        self.session.as_ref().map(Session::workers)
    }
}

impl Drop for NatsRunner {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // Inside another event loop nobody may wait here. What is left at the server then ends by itself.
            let _ = self.event_loop.block_on(session.close());
        }
    }
}
