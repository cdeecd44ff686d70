//! The server over real sockets, in this process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mock_server::{Config, Server, Stats};
use tokio::runtime::{Builder, Runtime};

fn start(delay: Duration) -> (Runtime, Server) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(Config { delay, ..Config::default() })).unwrap();
    (runtime, server)
}

fn get(agent: &ureq::Agent, url: &str) -> (u16, String) {
    let agent = agent.get(url).config().http_status_as_error(false).build();
    let mut response = agent.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

fn stats(agent: &ureq::Agent, server: &Server) -> Stats {
    let (status, body) = get(agent, &format!("{}/stats", server.url()));
    assert_eq!(status, 200);
    serde_json::from_str(&body).unwrap()
}

#[test]
fn every_answer_is_a_fresh_version_4_uuid_in_json() {
    let (_runtime, server) = start(Duration::ZERO);
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("{}/uuid", server.url());
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let mut response = agent.get(&url).call().unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: serde_json::Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
        let uuid = uuid::Uuid::try_parse(body["uuid"].as_str().unwrap()).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
        assert!(seen.insert(uuid));
    }
}

#[test]
fn arrivals_connections_and_peak_in_flight_are_counted_and_reset() {
    let (_runtime, server) = start(Duration::from_millis(200));
    let url = format!("{}/uuid", server.url());
    // Each thread keeps its own connection; a barrier is not needed, since 200 ms let all three arrive.
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let agent = ureq::Agent::new_with_defaults();
                assert_eq!(get(&agent, &url).0, 200);
                assert_eq!(get(&agent, &url).0, 200);
            });
        }
    });
    let agent = ureq::Agent::new_with_defaults();
    assert_eq!(stats(&agent, &server), Stats { arrivals: 6, peak_in_flight: 3, connections: 3, strays: 0 });
    assert_eq!(get(&agent, &format!("{}/elsewhere", server.url())).0, 404);
    assert_eq!(stats(&agent, &server).strays, 1);
    assert_eq!(agent.post(format!("{}/reset", server.url())).send_empty().unwrap().status(), 204);
    assert_eq!(stats(&agent, &server), Stats::default());
}

#[test]
fn resets_under_full_load_lose_no_request() {
    let (_runtime, server) = start(Duration::ZERO);
    let (url, reset) = (format!("{}/uuid", server.url()), format!("{}/reset", server.url()));
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                threads.spawn(|| {
                    let agent = ureq::Agent::new_with_defaults();
                    (0..1_000).filter(|_| get(&agent, &url).0 != 200).count()
                })
            })
            .collect();
        threads.spawn(|| {
            let agent = ureq::Agent::new_with_defaults();
            while !done.load(Ordering::Relaxed) {
                agent.post(&reset).send_empty().unwrap();
            }
        });
        let lost: Vec<_> = clients.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(lost.into_iter().map(Result::unwrap).sum::<usize>(), 0);
    });
}

#[test]
fn jitter_adds_to_the_delay_and_a_delayed_answer_takes_at_least_the_delay() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { delay: Duration::from_millis(20), jitter: Duration::from_millis(20), ..Config::default() };
    let server = runtime.block_on(Server::start(config)).unwrap();
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("{}/uuid", server.url());
    let mut times: Vec<Duration> = (0..10)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(get(&agent, &url).0, 200);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    // Lower bounds only: a slow machine can make an answer later, never earlier.
    assert!(times[0] >= Duration::from_millis(20));
    // Ten even draws from 20 ms lie within 2 ms of each other once in 10^8 runs.
    assert!(times[9] - times[0] > Duration::from_millis(2));
}
