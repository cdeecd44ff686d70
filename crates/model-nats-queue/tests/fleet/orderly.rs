//! Batches that nothing disturbs, and batches of a server that is started anew.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use fanout_fleet::NatsServer;
use fanout_harness::server::{Server, Serving};
use fanout_model::{Outcome, Request, RequestError, Runner, Uuid};
use fanout_worker::protocol::VERSION;
use nix::sys::signal::Signal;

use crate::Test;
use crate::workers::{TIMEOUT, Worker, client};

pub(crate) const TESTS: &[Test] = &[
    ("outcomes_arrive_in_order_and_nothing_is_left_in_the_queue", in_order),
    ("many_clients_share_the_workers", many_clients),
    ("a_worker_that_comes_later_takes_part", a_later_worker),
    ("a_share_that_takes_longer_than_a_worker_may_be_silent_is_made_once", long_share),
    ("a_server_that_is_killed_and_started_with_its_store_loses_nothing", started_anew),
    ("a_server_that_loses_its_store_is_given_the_open_shares_again", without_its_store),
    ("a_server_that_stays_away_ends_the_batch_with_that_reason", away),
    ("a_fleet_without_a_worker_ends_the_batch_with_that_reason", deserted),
];

pub(crate) fn requests(server: &Server, n: usize) -> Vec<Request> {
    vec![Request::get(server.uuid_url()).unwrap(); n]
}

pub(crate) fn slow(delay: u64) -> Server {
    Server::start(Serving { delay: Duration::from_millis(delay), ..Serving::default() }).unwrap()
}

/// The UUIDs that were found, each of which must have come once.
#[track_caller]
pub(crate) fn distinct(outcomes: &[Outcome]) -> HashSet<Uuid> {
    let found: Vec<Uuid> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.uuid()).collect();
    let distinct: HashSet<Uuid> = found.iter().copied().collect();
    assert_eq!(found.len(), distinct.len(), "an answer came twice");
    distinct
}

/// Waits until the server has no item, no outcome and no consumer of a client.
pub(crate) fn is_empty(url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let left = || {
        runtime.block_on(async {
            let context = jetstream::new(async_nats::connect(url).await.unwrap());
            let mut left = Vec::new();
            for (name, consumers) in [("work", 1), ("outcomes", 0)] {
                let name = format!("fanout-{VERSION}-{name}");
                let state = context.get_stream(&name).await.unwrap().cached_info().state.clone();
                if (state.messages, state.consumer_count) != (0, consumers) {
                    left.push(format!("{name}: {state:?}"));
                }
            }
            left
        })
    };
    let until = Instant::now() + TIMEOUT;
    while !left().is_empty() {
        assert!(Instant::now() < until, "left in the queue: {:?}", left());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn in_order() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(5));
    let _workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "tokio-current-thread")).collect();
    let mut client = client(&nats.url(), 10);
    for n in [0, 1, 300] {
        server.reset().unwrap();
        let began = Instant::now();
        let outcomes = client.run(&requests(&server, n));
        let took = began.elapsed();
        assert_eq!((outcomes.len(), distinct(&outcomes).len()), (n, n));
        assert!(outcomes.iter().all(|outcome| outcome.lane < 10 && outcome.started <= outcome.finished));
        assert!(outcomes.iter().all(|outcome| outcome.finished <= took), "an outcome is later than the batch's end");
        let stats = server.stats().unwrap();
        assert_eq!(stats.arrivals, n as u64);
        assert!(stats.peak_in_flight <= 10, "{stats:?}");
    }
    let lanes: HashSet<usize> = client.run(&requests(&server, 300)).iter().map(|outcome| outcome.lane).collect();
    assert_eq!(lanes.len(), 10);
    assert_eq!(client.workers_elsewhere(), Some(2));
    let usage = client.usage_elsewhere();
    assert!(usage.cpu() > Duration::ZERO && usage.peak_memory > 0, "{usage:?}");
    // One bad request is that request's outcome alone.
    let mut mixed = requests(&server, 30);
    mixed[17] = Request::get(server.uuid_url().join("/nowhere").unwrap()).unwrap();
    let outcomes = client.run(&mixed);
    assert_eq!(outcomes[17].result, Err(RequestError::Status(404)));
    assert_eq!(distinct(&outcomes).len(), 29);
    drop(client);
    is_empty(&nats.url());
}

fn many_clients() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(2));
    let _workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "tokio-current-thread")).collect();
    std::thread::scope(|threads| {
        for in_flight in [1, 4, 7, 8, 20] {
            let (url, requests) = (nats.url(), requests(&server, 200));
            threads.spawn(move || {
                let mut client = client(&url, in_flight);
                for _ in 0..2 {
                    assert_eq!(distinct(&client.run(&requests)).len(), 200);
                }
            });
        }
    });
    assert_eq!(server.stats().unwrap().arrivals, 2_000);
    is_empty(&nats.url());
}

fn a_later_worker() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(20));
    let mut first = Worker::start(&nats.url(), "tokio-current-thread");
    let mut client = client(&nats.url(), 4);
    let requests = requests(&server, 200);
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        while server.stats().unwrap().arrivals < 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        first.kill();
        let _second = Worker::start(&nats.url(), "tokio-current-thread");
        running.join().unwrap()
    });
    assert_eq!(distinct(&outcomes).len(), 200);
}

fn long_share() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(900));
    let _workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "tokio-current-thread")).collect();
    // One request after another by one worker, and nothing to do for the other.
    let slow = Request::get(server.uuid_url()).unwrap();
    let outcomes = client(&nats.url(), 1).run(&vec![slow; 8]);
    assert_eq!(distinct(&outcomes).len(), 8);
    assert_eq!(server.stats().unwrap().arrivals, 8);
}

fn started_anew() {
    let (mut nats, server) = (NatsServer::start().unwrap(), slow(10));
    let _workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "tokio-current-thread")).collect();
    let mut client = client(&nats.url(), 20);
    let requests = requests(&server, 2_000);
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        for killed_at in [300, 1_200] {
            while server.stats().unwrap().arrivals < killed_at {
                std::thread::sleep(Duration::from_millis(1));
            }
            nats.end(Signal::SIGKILL);
            nats.again().unwrap();
        }
        running.join().unwrap()
    });
    assert_eq!(distinct(&outcomes).len(), 2_000);
    drop(client);
    is_empty(&nats.url());
}

fn without_its_store() {
    let (mut nats, server) = (NatsServer::start().unwrap(), slow(10));
    let _workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "tokio-current-thread")).collect();
    let mut client = client(&nats.url(), 20);
    let requests = requests(&server, 1_000);
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        while server.stats().unwrap().arrivals < 300 {
            std::thread::sleep(Duration::from_millis(1));
        }
        nats.end(Signal::SIGKILL);
        nats.forget();
        nats.again().unwrap();
        running.join().unwrap()
    });
    assert_eq!(distinct(&outcomes).len(), 1_000);
    drop(client);
    is_empty(&nats.url());
}

/// The only reason of the lost outcomes, of which there is at least one.
#[track_caller]
fn reason(outcomes: &[Outcome]) -> String {
    let lost = |outcome: &Outcome| match &outcome.result {
        Err(RequestError::Lost(reason)) => Some(reason.clone()),
        Ok(_) => None,
        other => panic!("{other:?}"),
    };
    let reasons: HashSet<String> = outcomes.iter().filter_map(lost).collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.into_iter().next().unwrap()
}

fn away() {
    let (mut nats, server) = (NatsServer::start().unwrap(), slow(10));
    let _worker = Worker::start(&nats.url(), "tokio-current-thread");
    let mut client = client(&nats.url(), 4);
    let requests = requests(&server, 1_000);
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        while server.stats().unwrap().arrivals < 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
        nats.end(Signal::SIGTERM);
        running.join().unwrap()
    });
    assert_eq!(outcomes.len(), 1_000);
    let reason = reason(&outcomes);
    assert!(reason.contains(&nats.url()) && reason.contains("for 30 s"), "{reason}");
}

fn deserted() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(10));
    let mut worker = Worker::start(&nats.url(), "tokio-current-thread");
    let mut client = client(&nats.url(), 4);
    let requests = requests(&server, 1_000);
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        while server.stats().unwrap().arrivals < 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
        worker.kill();
        running.join().unwrap()
    });
    assert_eq!(outcomes.len(), 1_000);
    assert!(reason(&outcomes).contains("no worker"), "{}", reason(&outcomes));
    drop(client);
    is_empty(&nats.url());
}
