//! A client per request: each request pays for a new client and for a new connection.

use std::num::NonZeroUsize;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Concurrency, Lanes, Model, Outcome, Protocol, Request, RequestError, Runner, Settings, SetupError,
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &ClientPerRequest,
    name: "a client per request",
    what: "The program makes a new client for each request, and a client keeps its connections to itself.",
    noticed: "The server sees a connection for each request, and the processors work several times as much.",
    instead: "Make one client when the program starts, and share it.",
    twin: "tokio-current-thread",
    limited: true,
    wrong: include_str!("client_per_request.rs"),
    right: include_str!("../../model-tokio-current-thread/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct ClientPerRequest;

impl Model for ClientPerRequest {
    fn id(&self) -> &'static str {
        "mistake-client-per-request"
    }

    fn about(&self) -> &'static str {
        "futures joined on one thread, a new asynchronous client (reqwest) for each request"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        Ok(Box::new(Prepared { settings: settings.clone(), event_loop: EventLoop::current_thread()? }))
    }
}

// Excerpt: begins.
async fn fetch_all(settings: &Settings, requests: &[Request], limit: NonZeroUsize) -> Vec<Outcome> {
    let batch = Batch::start();
    let (turns, lanes) = (Semaphore::new(limit.get()), Lanes::new(limit));
    join_all(requests.iter().map(async |request| {
        let _turn = turns.acquire().await.expect("nobody closes this semaphore");
        let lane = lanes.take().expect("there are as many lanes as turns");
        let span = batch.begin(lane.index());
        // Wrong: a new client has no open connection, and closes its own when it is dropped.
        // Right: `span.end(client.fetch(request).await)`, with one client that was made before.
        match Client::new(settings) {
            Ok(client) => span.end(client.fetch(request).await),
            Err(error) => span.end(Err(RequestError::Lost(error.to_string()))),
        }
    }))
    .await
}
// Excerpt: ends.

struct Prepared {
    settings: Settings,
    event_loop: EventLoop,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let batch = fetch_all(&self.settings, requests, self.settings.concurrency);
        let outcomes = self.event_loop.block_on(batch);
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}
