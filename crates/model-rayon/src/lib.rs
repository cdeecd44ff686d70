//! A parallel iterator over the requests, on a rayon pool of its own with as many threads as requests in flight.
//!
//! - Pick it when the program computes with rayon already and makes requests on the side.
//! - It costs what threads cost, and asks rayon for what it was not made for: its pool sizes itself by cores, because
//!   it expects work that computes. Work that waits needs a pool of its own, told how many threads to have.

use fanout_clients::reqwest_blocking::Client;
use fanout_model::{Batch, Concurrency, Model, Outcome, Runner, Settings, SetupError, Url, runtime};
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

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        let threads = settings.concurrency.get();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool =
            pool.map_err(|error| SetupError::Threads { wanted: threads, started: 0, reason: error.to_string() })?;
        Ok(Box::new(Prepared { client, pool }))
    }
}

struct Prepared {
    client: Client,
    pool: ThreadPool,
}

impl Runner for Prepared {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(urls.len(), &error);
        }
        let batch = Batch::start();
        self.pool.install(|| {
            urls.par_iter()
                // Work that waits is never too small to share: without this, a thread keeps several to itself.
                .with_max_len(1)
                .map(|url| {
                    let span = batch.begin(current_thread_index().unwrap_or(0));
                    span.end(self.client.fetch(url))
                })
                .collect()
        })
    }
}
