//! The requests as a stream of futures on one thread. Only the futures of requests in flight exist.
//!
//! As with `tokio-current-thread`, there are two ways to use it: [`TokioBufferUnordered`] blocks, and [`fetch_all`]
//! is awaited.

use std::num::NonZeroUsize;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, Protocol, Request, Runner, Settings,
    SetupError,
};
use futures_util::stream::{StreamExt, iter};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioBufferUnordered;

impl Model for TokioBufferUnordered {
    fn id(&self) -> &'static str {
        "tokio-buffer-unordered"
    }

    fn about(&self) -> &'static str {
        "a stream of futures on one thread, one asynchronous client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "the list of requests is long, or grows during the work: a future is made when its turn \
                comes",
            it_costs: "as much as `tokio-current-thread`, without a future for every waiting request. The answers \
                come in any order and must be sorted",
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
    let (batch, lanes) = (Batch::start(), Lanes::new(limit));
    // This iterates over indexes, because the compiler cannot see that a future with an iterator over references is
    // `Send`.
    let fetches = (0..requests.len()).map(async |index| {
        let lane = lanes.take().expect("there are as many lanes as futures");
        let span = batch.begin(lane.index());
        (index, span.end(client.fetch(&requests[index]).await))
    });
    let finished: Vec<_> = iter(fetches).buffer_unordered(limit.get()).collect().await;
    batch.in_order(requests.len(), finished)
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
