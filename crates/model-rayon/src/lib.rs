//! A parallel iterator over the requests, on a rayon pool of its own with as many threads as requests in flight.
//!
//! - Pick it when the program computes with rayon already and makes requests on the side.
//! - It costs what threads cost, and asks rayon for what it was not made for: its pool sizes itself by cores, because
//!   it expects work that computes. Work that waits needs a pool of its own, told how many threads to have.

use std::thread::{Builder, JoinHandle};

use fanout_clients::reqwest_blocking::Client;
use fanout_model::{Batch, Concurrency, Model, Outcome, Protocol, Runner, Settings, SetupError, Url, runtime};
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

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        let wanted = settings.concurrency.get();
        let mut threads = Vec::with_capacity(wanted);
        // Dropping a pool only tells its threads to end. Those started here can be waited for.
        let pool = ThreadPoolBuilder::new().num_threads(wanted).spawn_handler(|thread| {
            threads.push(Builder::new().name(format!("rayon-{}", thread.index())).spawn(|| thread.run())?);
            Ok(())
        });
        match pool.build() {
            Ok(pool) => Ok(Box::new(Prepared { client, pool: Some(pool), threads })),
            Err(error) => Err(SetupError::Threads { wanted, started: threads.len(), reason: error.to_string() }),
        }
    }
}

struct Prepared {
    client: Client,
    /// `None` only while being dropped.
    pool: Option<ThreadPool>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner for Prepared {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(urls.len(), &error);
        }
        let batch = Batch::start();
        let pool = self.pool.as_ref().expect("it is taken by dropping only");
        pool.install(|| {
            urls.par_iter()
                // Work that waits is never too small to share: without this, a thread keeps several to itself.
                // Handing requests out one by one (`par_bridge`) was no faster: measured, 1,000 requests, 100 in
                // flight, 10 ms.
                .with_max_len(1)
                .map(|url| {
                    let span = batch.begin(current_thread_index().unwrap_or(0));
                    span.end(self.client.fetch(url))
                })
                .collect()
        })
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        drop(self.pool.take());
        for thread in self.threads.drain(..) {
            // rayon passes a panic on to the caller of `install`; there is none left to tell.
            let _ = thread.join();
        }
    }
}
