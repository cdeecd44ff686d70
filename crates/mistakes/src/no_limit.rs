//! No limit: all requests are sent at once, however many there are.

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{Batch, Concurrency, Model, Outcome, Protocol, Request, Runner, Settings, SetupError};
use futures_util::future::join_all;

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &NoLimit,
    name: "no limit",
    what: "The program sends all of its requests at once, however many there are.",
    noticed: "The server has all requests waiting at one time, and as many connections. Some servers \
        answer sooner then. Others refuse some of the requests, or make all of them wait.",
    instead: "Bound how many requests may be in flight, for example with a semaphore.",
    twin: "tokio-current-thread",
    limited: false,
    wrong: include_str!("no_limit.rs"),
    right: include_str!("../../model-tokio-current-thread/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct NoLimit;

impl Model for NoLimit {
    fn id(&self) -> &'static str {
        "mistake-no-limit"
    }

    fn about(&self) -> &'static str {
        "futures joined on one thread, without a limit, one asynchronous client (reqwest)"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let event_loop = EventLoop::current_thread()?;
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop }))
    }
}

// Excerpt: begins.
async fn fetch_all(client: &Client, requests: &[Request]) -> Vec<Outcome> {
    let batch = Batch::start();
    join_all(requests.iter().enumerate().map(async |(lane, request)| {
        // Wrong: no request waits for its turn, so that all of them begin at once.
        // Right: `let _turn = turns.acquire().await`, of a `Semaphore` with one turn for each that may be in flight.
        let span = batch.begin(lane);
        span.end(client.fetch(request).await)
    }))
    .await
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
