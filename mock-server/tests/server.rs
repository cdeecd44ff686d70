//! The server over real sockets, in this process: both engines do the same, and hyper alone what only it does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fanout_clients::reqwest_async::Client;
use fanout_conformance::deadline::soon;
use fanout_model::{Protocol, Request, RequestError, Roots, Settings};
use mock_server::{Config, Engine, Server, Stats};
use tokio::runtime::{Builder, Runtime};

const ENGINES: [Engine; 2] = [Engine::Wiremock, Engine::Hyper];

fn start(config: Config) -> (Runtime, Server) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(config)).unwrap();
    (runtime, server)
}

fn each_engine(delay: Duration) -> impl Iterator<Item = (Runtime, Server)> {
    ENGINES.into_iter().map(move |engine| start(Config { delay, engine, ..Config::default() }))
}

fn get(agent: &ureq::Agent, url: &str) -> (u16, String) {
    let agent = agent.get(url).config().http_status_as_error(false).build();
    let mut response = agent.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

fn stats(agent: &ureq::Agent, server: &Server) -> Stats {
    stats_at(agent, &server.url())
}

fn stats_at(agent: &ureq::Agent, url: &str) -> Stats {
    let (status, body) = get(agent, &format!("{url}/stats"));
    assert_eq!(status, 200);
    serde_json::from_str(&body).unwrap()
}

#[test]
fn every_answer_is_a_fresh_version_4_uuid_in_json() {
    for (_runtime, server) in each_engine(Duration::ZERO) {
        let agent = ureq::Agent::new_with_defaults();
        let url = format!("{}/uuid", server.url());
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let mut response = agent.get(&url).call().unwrap();
            assert_eq!(response.headers()["content-type"], "application/json");
            let body: serde_json::Value =
                serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
            let uuid = uuid::Uuid::try_parse(body["uuid"].as_str().unwrap()).unwrap();
            assert_eq!(uuid.get_version_num(), 4);
            assert!(seen.insert(uuid));
        }
    }
}

#[test]
fn arrivals_connections_and_peak_in_flight_are_counted_and_reset() {
    for (_runtime, server) in each_engine(Duration::from_millis(200)) {
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
        let Stats { arrivals, peak_in_flight, connections, strays, accepted, refused, .. } = stats(&agent, &server);
        assert_eq!((arrivals, peak_in_flight, connections, strays), (6, 3, 3, 0));
        assert_eq!((accepted, refused), (6, 0));
        assert_eq!(get(&agent, &format!("{}/elsewhere", server.url())).0, 404);
        assert_eq!(stats(&agent, &server).strays, 1);
        assert_eq!(agent.post(format!("{}/reset", server.url())).send_empty().unwrap().status(), 204);
        assert_eq!(stats(&agent, &server), Stats::default());
    }
}

#[test]
fn resets_under_full_load_lose_no_request() {
    for (_runtime, server) in each_engine(Duration::ZERO) {
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
}

#[test]
fn jitter_adds_to_the_delay_and_a_delayed_answer_takes_at_least_the_delay() {
    let twenty = Duration::from_millis(20);
    for engine in ENGINES {
        let (_runtime, server) = start(Config { delay: twenty, jitter: twenty, engine, ..Config::default() });
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
}

#[test]
fn the_hyper_engine_sees_a_request_that_is_given_up_go() {
    let (_runtime, server) =
        start(Config { delay: Duration::from_secs(600), engine: Engine::Hyper, ..Config::default() });
    let timeout = Some(Duration::from_millis(50));
    let impatient = ureq::Agent::config_builder().timeout_global(timeout).build().new_agent();
    for _ in 0..3 {
        assert!(impatient.get(format!("{}/uuid", server.url())).call().is_err());
        soon("being seen to arrive", || server.stats().arrivals > 0);
        // The reset keeps what is in flight; a request that had not gone would be counted beside the next.
        soon("being seen to go", || {
            ureq::post(format!("{}/reset", server.url())).send_empty().unwrap();
            assert!(impatient.get(format!("{}/uuid", server.url())).call().is_err());
            server.stats().peak_in_flight == 1
        });
    }
}

#[test]
fn tls_and_http_2_are_answered_on_the_port_that_tells_the_root_without() {
    let (runtime, server) = start(Config { engine: Engine::Hyper, tls: true, ..Config::default() });
    let plain = server.url().replace("https", "http");
    let agent = ureq::Agent::new_with_defaults();
    let (_, root) = get(&agent, &format!("{plain}/root.pem"));
    let request = Request::get(format!("{}/uuid", server.url()).parse().unwrap()).unwrap();
    for protocol in Protocol::ALL {
        let settings = Settings { protocol: *protocol, ..Settings::new(NonZeroUsize::MIN).unwrap() };
        let trusting = Client::new(&Settings { roots: Roots::Pem(root.clone()), ..settings.clone() }).unwrap();
        agent.post(format!("{plain}/reset")).send_empty().unwrap();
        for _ in 0..3 {
            runtime.block_on(trusting.fetch_once(&request)).unwrap();
        }
        let connections = if *protocol == Protocol::ConnectionPerRequest { 3 } else { 1 };
        let seen = stats_at(&agent, &plain);
        assert_eq!((seen.arrivals, seen.peak_in_flight, seen.connections, seen.strays), (3, 1, connections, 0));
        let other = Client::new(&settings).unwrap();
        assert!(matches!(runtime.block_on(other.fetch_once(&request)), Err(RequestError::Tls(_))));
    }
}

#[test]
fn wiremock_is_not_asked_for_tls() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(Server::start(Config { tls: true, ..Config::default() })).err().unwrap();
    assert!(refused.to_string().contains("hyper"), "{refused}");
}
