//! One thread for each core, each with its own event loop and client, among which the batch is split evenly.
//!
//! Each shard gets a contiguous part of the batch and an equal part of the limit, and carries its part out as the
//! model `tokio-buffer-unordered` does. Threads exchange nothing but these parts and their outcomes.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle, available_parallelism};

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::{self, EventLoop};
use fanout_model::split::{even_parts, split_evenly};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Protocol, Request, Runner, Settings, SetupError,
};
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

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::ManyEventLoops,
            pick_it_when: "the work on the requests needs more than one core, and the requests are much alike",
            it_costs: "a pool of connections for each core, and balance: a shard that finishes early does not help \
                the others",
            called: Called::Blocking,
            one_host: false,
            libraries: &["futures-util", "reqwest", "tokio"],
            crates: 96,
            source: include_str!("lib.rs"),
        })
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
            // If an error is returned, the shards are dropped, which ends the threads that did start.
            let refused = |error: std::io::Error| SetupError::Threads { wanted, started, reason: error.to_string() };
            shards.threads.push(thread.map_err(refused)?);
            shards.jobs.push(jobs);
        }
        Ok(Box::new(shards))
    }
}

struct Job {
    first: usize,
    requests: Vec<Request>,
    batch: Batch,
    done: Sender<(usize, Outcome)>,
}

struct Shard {
    // The client is dropped first, because its connections belong to the event loop.
    client: Client,
    event_loop: EventLoop,
    limit: NonZeroUsize,
    first_lane: usize,
}

impl Shard {
    // Excerpt: begins.
    fn work(&self, queue: &Receiver<Job>) {
        for Job { first, requests, batch, done } in queue {
            let begun = batch.elapsed();
            let outcomes = self.event_loop.block_on(fetch_all(&self.client, &requests, self.limit));
            let outcomes = outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error));
            for (index, outcome) in (first..).zip(outcomes) {
                let outcome = Outcome { lane: self.first_lane + outcome.lane, ..outcome.later(begun) };
                // Sending fails only if the receiver has been dropped.
                let _ = done.send((index, outcome));
            }
        }
    }
    // Excerpt: ends.
}

/// The shards as the runner holds them: one entry of each list for every thread.
struct Shards {
    jobs: Vec<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner for Shards {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let (done, finished) = channel();
        let mut first = 0;
        for (jobs, share) in self.jobs.iter().zip(split_evenly(requests, self.jobs.len())) {
            // Sending fails only if the shard has died. The outcomes of its part are then recorded as lost.
            let _ = jobs.send(Job { first, requests: share.to_vec(), batch, done: done.clone() });
            first += share.len();
        }
        // After this, the channel ends with the last part: a part that dies with its shard cannot make this thread
        // wait for ever.
        drop(done);
        batch.in_order(requests.len(), finished)
    }
}

impl Drop for Shards {
    fn drop(&mut self) {
        // All shards are told to end before the first of them is joined.
        self.jobs.clear();
        for thread in self.threads.drain(..) {
            // The thread has already printed its panic, and its part is recorded as lost.
            let _ = thread.join();
        }
    }
}
