//! A thread for each request, which starts when the request's turn comes and ends with its answer (ureq).
//!
//! Without a limit, it would start 10,000 threads for 10,000 requests. Here a request waits for a free lane, and the
//! thread that used the lane before is joined first, so that there are never more threads than lanes.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::thread::{Builder, ScopedJoinHandle, scope};

use fanout_clients::ureq::Client;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, Request, Runner, Settings, SetupError,
    runtime,
};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct ThreadPerRequest;

impl Model for ThreadPerRequest {
    fn id(&self) -> &'static str {
        "thread-per-request"
    }

    fn about(&self) -> &'static str {
        "a thread for each request, one shared synchronous client (ureq)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Threads,
            pick_it_when: "there are some dozens of requests, and nothing should remain after them: no pool, no \
                queue, no runtime",
            it_costs: "starting and ending a thread for every request, some tens of microseconds; a pool pays that \
                only once",
            called: Called::Blocking,
            one_host: false,
            libraries: &["ureq"],
            crates: 24,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        Ok(Box::new(Prepared { client: Client::new(settings)?, limit: settings.concurrency }))
    }
}

struct Prepared {
    client: Client,
    limit: NonZeroUsize,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        // Excerpt: begins.
        let (batch, client, lanes) = (Batch::start(), &self.client, Lanes::new(self.limit));
        let mut finished = Vec::with_capacity(requests.len());
        scope(|threads| {
            let mut carriers: HashMap<usize, ScopedJoinHandle<(usize, Outcome)>> = HashMap::new();
            for (index, request) in requests.iter().enumerate() {
                let lane = lanes.wait();
                let number = lane.index();
                // The thread that used this lane before has freed it and is about to end. If it panicked, it has no
                // outcome.
                finished.extend(carriers.remove(&number).and_then(|carrier| carrier.join().ok()));
                let carry = move || {
                    let span = batch.begin(lane.index());
                    (index, span.end(client.fetch(request)))
                };
                match Builder::new().name(format!("request-{index}")).spawn_scoped(threads, carry) {
                    Ok(carrier) => {
                        carriers.insert(number, carrier);
                    }
                    Err(error) => {
                        let reason = format!("cannot start a thread: {error}");
                        finished.push((index, Outcome::lost(number, batch.elapsed(), reason)));
                    }
                }
            }
            finished.extend(carriers.into_values().filter_map(|carrier| carrier.join().ok()));
        });
        batch.in_order(requests.len(), finished)
        // Excerpt: ends.
    }
}
