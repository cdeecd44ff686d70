//! Actors behind mailboxes (kameo), each with one request at a time, on a runtime with one thread for each core.
//!
//! The crate uses kameo rather than ractor, because the type of a message determines the type of its reply, and
//! because it brings three crates instead of fifteen. Both are made for tokio's runtime with many threads, which is
//! used here.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use fanout_clients::reqwest_async::Client;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Protocol, Request, Runner, Settings, SetupError,
};
use futures_util::future::join_all;
use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::mailbox::bounded;
use kameo::message::{Context, Message};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Actors;

impl Model for Actors {
    fn id(&self) -> &'static str {
        "actor"
    }

    fn about(&self) -> &'static str {
        "actors that are sent requests (kameo), one shared asynchronous client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::ManyEventLoops,
            pick_it_when: "the parts of the program that make requests have a state of their own, live long, or must \
                be restarted when they die",
            it_costs: "a mailbox, a message and a reply for each request, in addition to the cost of tasks",
            called: Called::Blocking,
            one_host: false,
            libraries: &["futures-util", "kameo", "reqwest", "tokio"],
            crates: 101,
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
        Ok(Box::new(Prepared::start(settings)?))
    }
}

struct Carrier {
    lane: usize,
    client: Client,
}

impl Actor for Carrier {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(carrier: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(carrier)
    }
}

struct Fetch {
    request: Request,
    batch: Batch,
}

impl Message<Fetch> for Carrier {
    type Reply = Result<Outcome, Infallible>;

    async fn handle(&mut self, Fetch { request, batch }: Fetch, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let span = batch.begin(self.lane);
        Ok(span.end(self.client.fetch(&request).await))
    }
}

/// Gives each actor a request, and the next one when it has replied.
// Excerpt: begins.
async fn ask_all(carriers: Vec<ActorRef<Carrier>>, requests: Vec<Request>) -> Vec<Outcome> {
    let (batch, n) = (Batch::start(), requests.len());
    let queue = Mutex::new(requests.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let asked = carriers.iter().map(async |carrier| {
        let mut finished = Vec::new();
        while carrier.is_alive()
            && let Some((index, request)) = next()
        {
            // An actor that died sends no reply, and gets no more requests.
            let Ok(outcome) = carrier.ask(Fetch { request, batch }).await else { break };
            finished.push((index, outcome));
        }
        finished
    });
    batch.in_order(n, join_all(asked).await.into_iter().flatten())
}
// Excerpt: ends.

struct Prepared {
    carriers: Vec<ActorRef<Carrier>>,
    // Dropping it ends the actors, even in the middle of a request, and then the threads.
    event_loop: EventLoop,
}

impl Prepared {
    fn start(settings: &Settings) -> Result<Self, SetupError> {
        let event_loop = EventLoop::multi_thread()?;
        let client = Client::new(settings)?;
        let carriers = event_loop.block_on(async {
            let start = |lane| Carrier::spawn_with_mailbox(Carrier { lane, client: client.clone() }, bounded(1));
            let carriers: Vec<_> = (0..settings.concurrency.get()).map(start).collect();
            join_all(carriers.iter().map(ActorRef::wait_for_startup)).await;
            carriers
        })?;
        Ok(Self { carriers, event_loop })
    }
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let batch = ask_all(self.carriers.clone(), requests.to_vec());
        // This runs in a task, because `block_on` would drive the future on this thread, which is not one of the
        // runtime's.
        match self.event_loop.block_on(async { tokio::spawn(batch).await }) {
            Ok(Ok(outcomes)) => outcomes,
            Ok(Err(died)) => Batch::refused(requests.len(), &died),
            Err(error) => Batch::refused(requests.len(), &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::thread::scope;
    use std::time::Duration;

    use fanout_conformance::server::Server;

    use super::*;

    #[test]
    fn an_actor_that_dies_loses_the_request_it_carries_and_gets_no_other() {
        let settings = Settings::new(NonZeroUsize::new(3).unwrap()).unwrap();
        let mut runner = Prepared::start(&settings).unwrap();
        let victim = runner.carriers[1].clone();
        for lost in [1, 0] {
            let server = Server::start();
            let requests: Vec<Request> = (0..12).map(|i| server.get(format!("/gate/{i}"))).collect();
            let outcomes = scope(|threads| {
                let running = threads.spawn(|| runner.run(&requests));
                assert!(server.wait_for_in_flight(2 + lost, Duration::from_secs(5)));
                victim.kill();
                server.open();
                running.join().unwrap()
            });
            assert_eq!(outcomes.iter().filter(|outcome| outcome.result.is_err()).count(), lost);
        }
    }
}
