//! All requests as streams of one HTTP/2 connection, on one thread (hyper's connection API).

use std::num::NonZeroUsize;

use fanout_clients::hyper::http2::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, Protocol, Request, Runner, Settings,
    SetupError,
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Http2Multiplex;

impl Model for Http2Multiplex {
    fn id(&self) -> &'static str {
        "http2-multiplex"
    }

    fn about(&self) -> &'static str {
        "streams of one HTTP/2 connection, on one thread (hyper's connection API)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneConnection,
            pick_it_when: "the server speaks HTTP/2 and connections are expensive: far away, with TLS, or limited in \
                number",
            it_costs: "a dependence on one connection: one lost packet delays all streams, and what one stream does \
                wrong ends all of them. A server limits the number of streams, often to 100 to 250; further \
                requests wait on the client's side",
            called: Called::Awaited,
            one_host: true,
            libraries: &["futures-util", "http-body-util", "hyper", "hyper-util", "tokio", "tokio-rustls"],
            crates: 56,
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
        let event_loop = EventLoop::current_thread()?;
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop, limit: settings.concurrency }))
    }
}

/// Makes every request inside the caller's event loop, at most `limit` in flight. Outcome i belongs to request i.
// Excerpt: begins.
pub async fn fetch_all(client: &Client, requests: &[Request], limit: NonZeroUsize) -> Vec<Outcome> {
    let batch = Batch::start();
    let (turns, lanes) = (Semaphore::new(limit.get()), Lanes::new(limit));
    join_all(requests.iter().map(async |request| {
        let _turn = turns.acquire().await.expect("nobody closes this semaphore");
        let lane = lanes.take().expect("there are as many lanes as turns");
        let span = batch.begin(lane.index());
        span.end(client.fetch(request).await)
    }))
    .await
}
// Excerpt: ends.

struct Prepared {
    // The client is dropped first, because its connection belongs to the event loop.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asynchronous_entry_can_move_between_threads() {
        fn moves<F: Future<Output = Vec<Outcome>> + Send + 'static>(_: fn(Client, Vec<Request>) -> F) {}
        moves(|client, requests| async move { fetch_all(&client, &requests, NonZeroUsize::MIN).await });
    }
}
