//! A parallel iterator over the requests, on its own rayon pool with as many threads as requests in flight.

use std::num::NonZeroUsize;
use std::thread::{Builder, JoinHandle};

use fanout_clients::reqwest_blocking::Client;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Protocol, Request, Runner, Settings, SetupError,
    runtime,
};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder, current_thread_index};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Rayon;

impl Model for Rayon {
    fn id(&self) -> &'static str {
        "rayon"
    }

    fn about(&self) -> &'static str {
        "a parallel iterator on a rayon pool of its own, one shared blocking client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Threads,
            pick_it_when: "the program computes with rayon already and makes a few requests as well",
            it_costs: "as much as threads, and rayon is not made for it: its pool has a thread for each core, \
                because it expects work that computes. Work that waits needs its own pool, with an explicit number \
                of threads",
            called: Called::Blocking,
            one_host: false,
            libraries: &["rayon", "reqwest"],
            crates: 102,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        Ok(Box::new(Prepared { client: Client::new(settings)?, pool: Pool::start("rayon", settings.concurrency)? }))
    }
}

/// A rayon pool that waits for its threads when it is dropped.
#[derive(Debug)]
pub struct Pool {
    /// `None` only while the pool is being dropped.
    pool: Option<ThreadPool>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts this many threads, whose names begin with `name`.
    ///
    /// # Errors
    /// [`SetupError::Threads`] if the system refuses one of them.
    pub fn start(name: &str, wanted: NonZeroUsize) -> Result<Self, SetupError> {
        let wanted = wanted.get();
        let mut threads = Vec::with_capacity(wanted);
        // Dropping a pool does not wait for its threads. These threads are started here, so that they can be joined.
        let pool = ThreadPoolBuilder::new().num_threads(wanted).spawn_handler(|thread| {
            threads.push(Builder::new().name(format!("{name}-{}", thread.index())).spawn(|| thread.run())?);
            Ok(())
        });
        // Without a handler, a panic of work that nobody waits for would end the process.
        match pool.panic_handler(|_| {}).build() {
            Ok(pool) => Ok(Self { pool: Some(pool), threads }),
            Err(error) => Err(SetupError::Threads { wanted, started: threads.len(), reason: error.to_string() }),
        }
    }

    /// The pool itself.
    #[must_use]
    pub fn get(&self) -> &ThreadPool {
        self.pool.as_ref().expect("it is taken by dropping only")
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.pool.take());
        for thread in self.threads.drain(..) {
            // rayon, or the handler, has already taken any panic.
            let _ = thread.join();
        }
    }
}

struct Prepared {
    client: Client,
    pool: Pool,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let pool = self.pool.get();
        // Excerpt: begins.
        pool.install(|| {
            requests
                .par_iter()
                // rayon may keep several requests on one thread, as work that is too small to share. This prevents
                // that, because work that waits is always worth sharing. Handing requests out one by one
                // (`par_bridge`) was no faster: measured, 1,000 requests, 100 in flight, 10 ms.
                .with_max_len(1)
                .map(|request| {
                    let span = batch.begin(current_thread_index().unwrap_or(0));
                    span.end(self.client.fetch(request))
                })
                .collect()
        })
        // Excerpt: ends.
    }
}
