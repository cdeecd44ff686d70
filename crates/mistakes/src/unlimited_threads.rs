//! A thread per request without a limit: there are as many threads as requests.

use std::thread::{Builder, scope};

use fanout_clients::ureq::Client;
use fanout_model::{Batch, Concurrency, Model, Outcome, Request, Runner, Settings, SetupError, runtime};

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &UnlimitedThreads,
    name: "a thread per request without a limit",
    what: "The program starts a thread for each request at once, however many requests there are.",
    noticed: "There are more threads and connections than there should be, up to one for each request, and memory \
        for the stack of each thread.",
    instead: "Wait for a free place before a thread is started, or let a pool of threads take the requests.",
    twin: "thread-per-request",
    limited: false,
    wrong: include_str!("unlimited_threads.rs"),
    right: include_str!("../../model-thread-per-request/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct UnlimitedThreads;

impl Model for UnlimitedThreads {
    fn id(&self) -> &'static str {
        "mistake-unlimited-threads"
    }

    fn about(&self) -> &'static str {
        "a thread for each request, all at once, one shared synchronous client (ureq)"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        Ok(Box::new(Prepared { client: Client::new(settings)? }))
    }
}

struct Prepared {
    client: Client,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        // Excerpt: begins.
        let (batch, client) = (Batch::start(), &self.client);
        let mut finished = Vec::with_capacity(requests.len());
        scope(|threads| {
            let mut carriers = Vec::with_capacity(requests.len());
            for (index, request) in requests.iter().enumerate() {
                let carry = move || {
                    let span = batch.begin(index);
                    (index, span.end(client.fetch(request)))
                };
                // Wrong: the loop starts the next thread without waiting for any other to end.
                // Right: `let lane = lanes.wait();`, and no thread before a lane is free.
                match Builder::new().name(format!("request-{index}")).spawn_scoped(threads, carry) {
                    Ok(carrier) => carriers.push(carrier),
                    Err(error) => {
                        let reason = format!("cannot start a thread: {error}");
                        finished.push((index, Outcome::lost(index, batch.elapsed(), reason)));
                    }
                }
            }
            finished.extend(carriers.into_iter().filter_map(|carrier| carrier.join().ok()));
        });
        batch.in_order(requests.len(), finished)
        // Excerpt: ends.
    }
}
