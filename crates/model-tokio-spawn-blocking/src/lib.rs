//! Futures on one thread for the waiting, and tokio's blocking pool for the work on the answers.

use std::num::NonZeroUsize;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Found, Lanes, Model, Outcome, Protocol, Request, RequestError,
    Runner, Settings, SetupError,
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioSpawnBlocking;

impl Model for TokioSpawnBlocking {
    fn id(&self) -> &'static str {
        "tokio-spawn-blocking"
    }

    fn about(&self) -> &'static str {
        "futures on one thread, answers checked on tokio's blocking pool (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "each answer takes a millisecond or more of processor time, and the code is inside tokio \
                already",
            it_costs: "a hand-over to another thread for each answer, also where there is little to do. The pool has \
                a thread for each answer that is worked on at once, up to 512, so that many of them compete for the \
                processors",
            called: Called::Awaited,
            one_host: false,
            libraries: &["futures-util", "reqwest", "tokio"],
            crates: 96,
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
        span.end(client.repeat(request, || fetch(client, request)).await)
    }))
    .await
}

async fn fetch(client: &Client, request: &Request) -> Result<Found, RequestError> {
    let answer = client.receive(request).await?;
    let checked = spawn_blocking(|| answer.check()).await;
    checked.unwrap_or_else(|died| Err(RequestError::Lost(died.to_string())))
}
// Excerpt: ends.

struct Prepared {
    // The client is dropped first, because its connections belong to the event loop.
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
