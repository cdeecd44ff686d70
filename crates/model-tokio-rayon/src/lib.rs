//! Futures on one thread for the waiting, and a rayon pool with a thread for each core for the work on the answers.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Found, Lanes, Model, Outcome, Protocol, Request, RequestError,
    Runner, Settings, SetupError,
};
use futures_util::future::join_all;
use model_rayon::Pool;
use rayon::ThreadPool;
use tokio::sync::{Semaphore, oneshot};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioRayon;

impl Model for TokioRayon {
    fn id(&self) -> &'static str {
        "tokio-rayon"
    }

    fn about(&self) -> &'static str {
        "futures on one thread, answers checked on a rayon pool (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "each answer takes a millisecond or more of processor time, and the processors should not \
                have more threads at work than they can run",
            it_costs: "a second pool of threads, and a hand-over to it and back for each answer, also where there is \
                little to do",
            called: Called::Awaited,
            one_host: false,
            libraries: &["futures-util", "rayon", "reqwest", "tokio"],
            crates: 102,
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
        let pool = Pool::start("check", available_parallelism().unwrap_or(NonZeroUsize::MIN))?;
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop, pool, limit: settings.concurrency }))
    }
}

/// Makes every request inside the caller's event loop, at most `limit` in flight, and checks the answers on `pool`.
/// Outcome i belongs to request i.
// Excerpt: begins.
pub async fn fetch_all(
    client: &Client,
    requests: &[Request],
    limit: NonZeroUsize,
    pool: &ThreadPool,
) -> Vec<Outcome> {
    let batch = Batch::start();
    let (turns, lanes) = (Semaphore::new(limit.get()), Lanes::new(limit));
    join_all(requests.iter().map(async |request| {
        let _turn = turns.acquire().await.expect("nobody closes this semaphore");
        let lane = lanes.take().expect("there are as many lanes as turns");
        let span = batch.begin(lane.index());
        span.end(client.repeat(request, || fetch(client, request, pool)).await)
    }))
    .await
}

async fn fetch(client: &Client, request: &Request, pool: &ThreadPool) -> Result<Found, RequestError> {
    let answer = client.receive(request).await?;
    let (checked, found) = oneshot::channel();
    // Sending fails only if the batch has been dropped.
    pool.spawn(|| drop(checked.send(answer.check())));
    found.await.unwrap_or_else(|_| Err(RequestError::Lost("the check of the answer panicked".into())))
}
// Excerpt: ends.

struct Prepared {
    // The client is dropped first, because its connections belong to the event loop.
    client: Client,
    event_loop: EventLoop,
    pool: Pool,
    limit: NonZeroUsize,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let fetched = fetch_all(&self.client, requests, self.limit, self.pool.get());
        let outcomes = self.event_loop.block_on(fetched);
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asynchronous_entry_can_move_between_threads() {
        fn moves<F: Future<Output = Vec<Outcome>> + Send>(_: fn(Client, Vec<Request>, &'static ThreadPool) -> F) {}
        moves(|client, requests, pool| async move { fetch_all(&client, &requests, NonZeroUsize::MIN, pool).await });
    }
}
