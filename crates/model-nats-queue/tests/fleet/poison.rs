//! Shares that end whoever makes them.

use fanout_fleet::NatsServer;
use fanout_harness::server::Server;
use fanout_model::{Outcome, Request, RequestError, Runner};

use crate::Test;
use crate::orderly::{distinct, is_empty, requests, slow};
use crate::workers::{Worker, client};

pub(crate) const TESTS: &[Test] = &[
    ("a_share_that_ends_the_process_of_its_requests_is_lost_and_the_workers_go_on", ends_itself),
    ("a_share_that_ends_each_worker_is_lost_after_three_of_them", ends_its_worker),
];

/// Requests with one among them that the model `ends-...` does not survive.
fn poisoned(server: &Server, n: usize) -> Vec<Request> {
    let mut requests = requests(server, n);
    requests[n / 2] = Request::get(server.uuid_url().join("/poison").unwrap()).unwrap();
    requests
}

/// Checks that the poisoned request is lost, with all of its share, and that the others are not.
#[track_caller]
fn expect_lost(outcomes: &[Outcome], n: usize) {
    assert_eq!(outcomes.len(), n);
    let Err(RequestError::Lost(reason)) = &outcomes[n / 2].result else { panic!("{:?}", outcomes[n / 2]) };
    assert!(reason.contains("3 deliveries"), "{reason}");
    let served = distinct(outcomes).len();
    let lost = outcomes.iter().filter(|outcome| matches!(outcome.result, Err(RequestError::Lost(_)))).count();
    assert_eq!(served + lost, n);
    assert!(lost <= n / 2, "{lost} requests are lost, and the poisoned share has at most half of them");
}

fn ends_itself() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(1));
    let mut workers: Vec<Worker> = (0..2).map(|_| Worker::start(&nats.url(), "ends-itself")).collect();
    let mut client = client(&nats.url(), 2);
    for n in [40, 400] {
        expect_lost(&client.run(&poisoned(&server, n)), n);
    }
    assert!(workers.iter_mut().all(Worker::runs));
    assert_eq!(distinct(&client.run(&requests(&server, 50))).len(), 50);
    drop(client);
    is_empty(&nats.url());
}

fn ends_its_worker() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(1));
    let mut workers: Vec<Worker> = (0..4).map(|_| Worker::start(&nats.url(), "ends-its-worker")).collect();
    let mut client = client(&nats.url(), 4);
    expect_lost(&client.run(&poisoned(&server, 40)), 40);
    assert_eq!(workers.iter_mut().filter_map(|worker| worker.runs().then_some(())).count(), 1);
    assert_eq!(distinct(&client.run(&requests(&server, 50))).len(), 50);
    drop(client);
    is_empty(&nats.url());
}
