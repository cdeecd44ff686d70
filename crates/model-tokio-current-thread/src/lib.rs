//! All requests as futures that are joined on one thread: the notebook's asyncio and `gather`.
//!
//! There are two ways to use it. [`TokioCurrentThread`] blocks, with its own event loop. [`fetch_all`] is for code
//! that already runs inside an event loop; the notebook's `asyncio.run` failed there.

use std::num::NonZeroUsize;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, Protocol, Request, Runner, Settings,
    SetupError,
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioCurrentThread;

impl Model for TokioCurrentThread {
    fn id(&self) -> &'static str {
        "tokio-current-thread"
    }

    fn about(&self) -> &'static str {
        "futures joined on one thread, one asynchronous client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "requests mostly wait: one thread keeps hundreds of them in flight",
            it_costs: "an asynchronous call chain. All of its work shares one core with everything else on that \
                thread",
            called: Called::Awaited,
            one_host: false,
            libraries: &["futures-util", "reqwest", "tokio"],
            crates: 96,
            source: include_str!("lib.rs"),
        })
    }

    /// aiohttp, which the notebook used, opens as many connections by default.
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
        // The future of a whole exchange takes kilobytes. In a box, it takes them only once its turn has come.
        span.end(Box::pin(client.fetch(request)).await)
    }))
    .await
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
