//! Blocking calls inside the event loop: while one waits, nothing else on its thread goes on.
//!
//! The client is synchronous, which the twin's is not: an asynchronous client has no call that blocks.

use std::num::NonZeroUsize;

use fanout_clients::ureq::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{Batch, Concurrency, Lanes, Model, Outcome, Request, Runner, Settings, SetupError};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &BlockingInTheEventLoop,
    name: "blocking calls inside the event loop",
    what: "The program calls a synchronous client inside a future, which holds the thread of the event loop until \
        the answer has come.",
    noticed: "The server sees one request at a time for each thread of the event loop, and nothing else on these \
        threads goes on meanwhile, timers included.",
    instead: "Await an asynchronous client, or hand the call to `spawn_blocking`. The wrong model has another client \
        than the right one (ureq in place of reqwest), so that their processor times are not comparable.",
    twin: "tokio-current-thread",
    limited: true,
    wrong: include_str!("blocking_in_the_event_loop.rs"),
    right: include_str!("../../model-tokio-current-thread/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct BlockingInTheEventLoop;

impl Model for BlockingInTheEventLoop {
    fn id(&self) -> &'static str {
        "mistake-blocking-in-the-event-loop"
    }

    fn about(&self) -> &'static str {
        "futures joined on one thread, which block it with a synchronous client (ureq)"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::One
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        Ok(Box::new(Prepared { client, event_loop: EventLoop::current_thread()?, limit: settings.concurrency }))
    }
}

// Excerpt: begins.
async fn fetch_all(client: &Client, requests: &[Request], limit: NonZeroUsize) -> Vec<Outcome> {
    let batch = Batch::start();
    let (turns, lanes) = (Semaphore::new(limit.get()), Lanes::new(limit));
    join_all(requests.iter().map(async |request| {
        let _turn = turns.acquire().await.expect("nobody closes this semaphore");
        let lane = lanes.take().expect("there are as many lanes as turns");
        let span = batch.begin(lane.index());
        // Wrong: without an `await`, the event loop cannot turn to another future before the answer has come.
        // Right: `client.fetch(request).await`, of an asynchronous client.
        span.end(client.fetch(request))
    }))
    .await
}
// Excerpt: ends.

struct Prepared {
    client: Client,
    event_loop: EventLoop,
    limit: NonZeroUsize,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let outcomes = self.event_loop.block_on(fetch_all(&self.client, requests, self.limit));
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}
