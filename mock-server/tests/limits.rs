//! The limits of the server over real sockets: both engines serve, queue and refuse alike, and count it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use mock_server::limits::{Capacity, Change, Limits, Rate};
use mock_server::{Config, Engine, Server, Stats};
use tokio::runtime::{Builder, Runtime};

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// A server of each engine that holds each answer back for a second.
fn each_engine(limits: Limits) -> impl Iterator<Item = (Runtime, Server)> {
    [Engine::Wiremock, Engine::Hyper].into_iter().map(move |engine| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let config = Config { delay: Duration::from_secs(1), engine, limits, ..Config::default() };
        let server = runtime.block_on(Server::start(config)).unwrap();
        (runtime, server)
    })
}

/// The status of each of `n` requests that are made at one time, and the value of `Retry-After` if there is one.
fn at_once(server: &Server, n: usize) -> Vec<(u16, Option<String>)> {
    let url = format!("{}/uuid", server.url());
    let ask = || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let response = agent.get(&url).call().unwrap();
        let after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), after)
    };
    thread::scope(|threads| {
        let asking: Vec<_> = (0..n).map(|_| threads.spawn(ask)).collect();
        asking.into_iter().map(|it| it.join().unwrap()).collect()
    })
}

fn count(answers: &[(u16, Option<String>)], status: u16) -> usize {
    answers.iter().filter(|answer| answer.0 == status).count()
}

#[test]
fn beyond_the_capacity_requests_wait_and_beyond_the_queue_they_are_refused() {
    let capacity = Some(Capacity { at_once: number(2), queue: Some(3), then: None });
    for (_runtime, server) in each_engine(Limits { capacity, rate: None }) {
        // All ten arrive before the first is answered, unless the machine sleeps for a second.
        let answers = at_once(&server, 10);
        let stats = server.stats();
        assert!(count(&answers, 200) >= 5 && count(&answers, 503) >= 1, "{answers:?}");
        assert!(answers.iter().all(|(status, after)| *status == 200 || *status == 503 && after.is_none()));
        assert_eq!((stats.accepted, stats.refused), (count(&answers, 200) as u64, count(&answers, 503) as u64));
        assert_eq!(stats.arrivals, 10);
        assert_eq!(stats.longest_queue, 3);
        assert!(stats.queued >= 3);
    }
}

#[test]
fn the_capacity_changes_in_the_middle_of_a_batch() {
    let then = Some(Change { after: 8, at_once: number(1) });
    let capacity = Some(Capacity { at_once: number(8), queue: Some(0), then });
    for (_runtime, server) in each_engine(Limits { capacity, rate: None }) {
        assert_eq!(count(&at_once(&server, 8), 200), 8);
        thread::sleep(Duration::from_millis(1_500));
        let later = at_once(&server, 8);
        assert!(count(&later, 503) >= 1 && count(&later, 200) >= 1, "{later:?}");
    }
}

#[test]
fn beyond_the_rate_requests_are_refused_with_when_to_come_back_and_a_reset_forgives() {
    let rate = Some(Rate { a_second: number(1), burst: number(3) });
    for (_runtime, server) in each_engine(Limits { capacity: None, rate }) {
        let answers = at_once(&server, 8);
        assert!(count(&answers, 200) >= 3 && count(&answers, 429) >= 1, "{answers:?}");
        let asks = |(status, after): &(u16, Option<String>)| *status == 200 || after.as_deref() == Some("1");
        assert!(answers.iter().all(asks), "{answers:?}");
        let Stats { accepted, refused, queued, .. } = server.stats();
        assert_eq!((accepted, refused), (count(&answers, 200) as u64, count(&answers, 429) as u64));
        assert_eq!(queued, 0);
        ureq::post(format!("{}/reset", server.url())).send_empty().unwrap();
        assert_eq!(server.stats(), Stats::default());
        assert!(count(&at_once(&server, 3), 200) == 3);
    }
}

#[test]
fn a_capacity_without_a_delay_is_refused_because_no_request_would_take_a_place() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let capacity = Some(Capacity { at_once: number(2), queue: None, then: None });
    let config = Config { limits: Limits { capacity, rate: None }, ..Config::default() };
    let refused = runtime.block_on(Server::start(config)).err().unwrap();
    assert!(refused.to_string().contains("delay"), "{refused}");
}
