//! A thread per core, each with an event loop and a client of its own, the batch shared out among them.
//!
//! - Pick it when one core is not enough for the requests' own work, and they are much alike.
//! - It costs a pool of connections per core, and balance: a shard that is done early does not help the others.
//!
//! Each shard gets an equal run of the batch and an equal part of the limit, and makes its run as the model
//! `tokio-buffer-unordered` does. Nothing crosses from thread to thread but the runs and their outcomes.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle, available_parallelism};

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::{self, EventLoop};
use fanout_model::split::{even_parts, split_evenly};
use fanout_model::{Batch, Concurrency, Model, Outcome, Protocol, Runner, Settings, SetupError, Url};
use model_tokio_buffer_unordered::fetch_all;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioSharded;

impl Model for TokioSharded {
    fn id(&self) -> &'static str {
        "tokio-sharded"
    }

    fn about(&self) -> &'static str {
        "an event loop per core, the batch shared out, one asynchronous client (reqwest) each"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let wanted = available_parallelism().unwrap_or(NonZeroUsize::MIN).min(settings.concurrency).get();
        let mut shards = Shards { jobs: Vec::new(), threads: Vec::new() };
        let mut first_lane = 0;
        for limit in even_parts(settings.concurrency.get(), wanted).filter_map(NonZeroUsize::new) {
            let event_loop = EventLoop::current_thread()?;
            let shard = Shard { client: Client::new(settings)?, event_loop, limit, first_lane };
            first_lane += limit.get();
            let (jobs, queue) = channel();
            let started = shards.threads.len();
            let thread = thread::Builder::new().name(format!("shard-{started}")).spawn(move || shard.work(&queue));
            // On an error the shards are dropped, which ends the threads that did start.
            let refused = |error: std::io::Error| SetupError::Threads { wanted, started, reason: error.to_string() };
            shards.threads.push(thread.map_err(refused)?);
            shards.jobs.push(jobs);
        }
        Ok(Box::new(shards))
    }
}

struct Job {
    first: usize,
    urls: Vec<Url>,
    batch: Batch,
    done: Sender<(usize, Outcome)>,
}

struct Shard {
    // The client goes first: its connections belong to the event loop.
    client: Client,
    event_loop: EventLoop,
    limit: NonZeroUsize,
    first_lane: usize,
}

impl Shard {
    fn work(&self, queue: &Receiver<Job>) {
        for Job { first, urls, batch, done } in queue {
            let begun = batch.elapsed();
            let outcomes = self.event_loop.block_on(fetch_all(&self.client, &urls, self.limit));
            let outcomes = outcomes.unwrap_or_else(|error| Batch::refused(urls.len(), &error));
            for (index, outcome) in (first..).zip(outcomes) {
                let outcome = Outcome { lane: self.first_lane + outcome.lane, ..outcome.later(begun) };
                // Nobody listens only when the batch was given up.
                let _ = done.send((index, outcome));
            }
        }
    }
}

/// The shards as they are seen from outside: one of each for every thread.
struct Shards {
    jobs: Vec<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner for Shards {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(urls.len(), &error);
        }
        let batch = Batch::start();
        let (done, finished) = channel();
        let mut first = 0;
        for (jobs, share) in self.jobs.iter().zip(split_evenly(urls, self.jobs.len())) {
            // Refused only by a shard that has died; its run is then lost, and says so.
            let _ = jobs.send(Job { first, urls: share.to_vec(), batch, done: done.clone() });
            first += share.len();
        }
        // With the last sender gone, the channel ends: a run that dies with its shard cannot keep us waiting.
        drop(done);
        batch.in_order(urls.len(), finished)
    }
}

impl Drop for Shards {
    fn drop(&mut self) {
        // All are told before any is waited for.
        self.jobs.clear();
        for thread in self.threads.drain(..) {
            // A panic was already printed by its thread, and its run is recorded as lost.
            let _ = thread.join();
        }
    }
}
