//! A task for each request in a `JoinSet`, on a runtime with one thread for each core. The threads steal work.
//!
//! A task is spawned when its turn comes, so that there are never more tasks than requests in flight. As with
//! `tokio-current-thread`, there are two ways to use it: [`TokioJoinSet`] blocks, and [`fetch_all`] is awaited.

use std::num::NonZeroUsize;
use std::sync::Arc;

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, Protocol, Request, Runner, Settings,
    SetupError,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioJoinSet;

impl Model for TokioJoinSet {
    fn id(&self) -> &'static str {
        "tokio-join-set"
    }

    fn about(&self) -> &'static str {
        "a task for each request on a thread per core, one asynchronous client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::ManyEventLoops,
            pick_it_when: "the program uses tokio already, or when the work on the answers needs more than one core",
            it_costs: "a task for each request, and wake-ups across threads, which a single thread does not have",
            called: Called::Awaited,
            one_host: false,
            libraries: &["reqwest", "tokio"],
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
        let event_loop = EventLoop::multi_thread()?;
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop, limit: settings.concurrency }))
    }
}

/// Makes every request inside the caller's event loop, at most `limit` in flight. Outcome i belongs to request i.
// Excerpt: begins.
pub async fn fetch_all(client: Client, requests: Vec<Request>, limit: NonZeroUsize) -> Vec<Outcome> {
    let (batch, n) = (Batch::start(), requests.len());
    let (turns, lanes) = (Arc::new(Semaphore::new(limit.get())), Lanes::new(limit));
    let (mut tasks, mut finished) = (JoinSet::new(), Vec::with_capacity(n));
    for (index, request) in requests.into_iter().enumerate() {
        let turn = Arc::clone(&turns).acquire_owned().await.expect("nobody closes this semaphore");
        let (client, lanes) = (client.clone(), lanes.clone());
        tasks.spawn(async move {
            let _turn = turn;
            let lane = lanes.take().expect("there are as many lanes as turns");
            let span = batch.begin(lane.index());
            (index, span.end(client.fetch(&request).await))
        });
        // A finished task is kept until it is joined. A task that panicked has no outcome.
        while let Some(over) = tasks.try_join_next() {
            finished.extend(over);
        }
    }
    while let Some(over) = tasks.join_next().await {
        finished.extend(over);
    }
    batch.in_order(n, finished)
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
        let batch = fetch_all(self.client.clone(), requests.to_vec(), self.limit);
        // This runs in a task, because `block_on` would drive the future on this thread, which is not one of the
        // runtime's. It would then spawn every request from outside the runtime.
        let outcomes = self.event_loop.block_on(async { tokio::spawn(batch).await });
        match outcomes {
            Ok(Ok(outcomes)) => outcomes,
            Ok(Err(died)) => Batch::refused(requests.len(), &died),
            Err(error) => Batch::refused(requests.len(), &error),
        }
    }
}
