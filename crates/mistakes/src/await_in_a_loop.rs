//! `await` in a loop: the code is asynchronous, and still makes one request after another.

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{Batch, Concurrency, Model, Outcome, Request, Runner, Settings, SetupError};

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &AwaitInALoop,
    name: "await in a loop",
    what: "The program awaits each request in a loop, so that it sends the next one only after the answer.",
    noticed: "The server sees one request at a time, on one connection, however many are allowed.",
    instead: "Make all futures first and join them, with a limit of how many may be in flight.",
    twin: "tokio-current-thread",
    limited: true,
    wrong: include_str!("await_in_a_loop.rs"),
    right: include_str!("../../model-tokio-current-thread/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct AwaitInALoop;

impl Model for AwaitInALoop {
    fn id(&self) -> &'static str {
        "mistake-await-in-a-loop"
    }

    fn about(&self) -> &'static str {
        "await in a loop, one asynchronous client (reqwest)"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::One
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let event_loop = EventLoop::current_thread()?;
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop }))
    }
}

// Excerpt: begins.
async fn fetch_all(client: &Client, requests: &[Request]) -> Vec<Outcome> {
    let batch = Batch::start();
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let span = batch.begin(0);
        // Wrong: the loop goes on only when this answer has come.
        // Right: `join_all(requests.iter().map(...)).await`, which lets the requests wait together.
        outcomes.push(span.end(client.fetch(request).await));
    }
    outcomes
}
// Excerpt: ends.

struct Prepared {
    // The client is dropped first, because its connections belong to the event loop.
    client: Client,
    event_loop: EventLoop,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let outcomes = self.event_loop.block_on(fetch_all(&self.client, requests));
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}
