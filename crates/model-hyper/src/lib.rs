//! hyper's connection API on one thread: one lane for each request in flight, each with its own connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use fanout_clients::hyper::http1::{Client, Slot};
use fanout_clients::hyper::{Runtime, Tokio};
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError,
};
use futures_util::future::join_all;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Hyper;

impl Model for Hyper {
    fn id(&self) -> &'static str {
        "hyper"
    }

    fn about(&self) -> &'static str {
        "lanes on one thread, each with its own connection (hyper's connection API)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "there are many requests to few hosts, and the processor is what limits them",
            it_costs: "the comfort of a client: there is no pool (each connection belongs to a lane), and there are \
                no redirects, cookies, proxies or retries. The difference to `tokio-current-thread` is the cost of \
                that comfort",
            called: Called::Awaited,
            one_host: false,
            libraries: &["futures-util", "http-body-util", "hyper", "hyper-util", "tokio", "tokio-rustls"],
            crates: 56,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let event_loop = EventLoop::current_thread()?;
        let slots = (0..settings.concurrency.get()).map(|_| Slot::default()).collect();
        let client = Client::new(Tokio::new(settings)?, settings)?;
        Ok(Box::new(Prepared { client, slots, event_loop }))
    }
}

/// Makes every request inside the caller's event loop, one at a time on each of `slots`. Outcome i belongs to
/// request i.
// Excerpt: begins.
pub async fn fetch_all<R: Runtime>(client: &Client<R>, requests: &[Request], slots: &mut [Slot<R>]) -> Vec<Outcome> {
    let batch = Batch::start();
    let next = AtomicUsize::new(0);
    let carry = async |(lane, slot): (usize, &mut Slot<R>)| {
        let mut finished = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = requests.get(index) else { break finished };
            let span = batch.begin(lane);
            finished.push((index, span.end(client.fetch(slot, request).await)));
        }
    };
    // There are no more lanes than requests, because each lane has to be polled.
    let lanes = slots.iter_mut().take(requests.len()).enumerate().map(carry);
    batch.in_order(requests.len(), join_all(lanes).await.into_iter().flatten())
}
// Excerpt: ends.

struct Prepared {
    client: Client<Tokio>,
    // The connections are dropped before the event loop that drives them.
    slots: Vec<Slot<Tokio>>,
    event_loop: EventLoop,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let outcomes = self.event_loop.block_on(fetch_all(&self.client, requests, &mut self.slots));
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asynchronous_entry_can_move_between_threads() {
        fn moves<F: Future<Output = Vec<Outcome>> + Send + 'static>(_: fn(Client<Tokio>, Vec<Request>) -> F) {}
        moves(|client, requests| async move { fetch_all(&client, &requests, &mut [Slot::default()]).await });
    }
}
