//! What do distance and loss do? The server is 1, 20 or 100 ms away, and the network loses no packet, or one in a
//! hundred. The answers have 1 KB or 256 KB, and 20 are in flight. One model takes several ways to the server: with
//! connections that stay open, with a new connection for each request, over TLS, and with HTTP/2 on one connection.
//!
//! The answer looks like: a request over a connection that is open takes one round trip, one over a new connection
//! takes two, and one over a new connection with TLS takes three. A large answer takes several round trips over a new
//! connection, because TCP begins slowly. One lost packet holds up one request of HTTP/1.1, and all requests that
//! share a connection of HTTP/2. Six connections with keep-alive, as browsers have them, show what few connections
//! cost.
//!
//! The bench makes a network of its own for each scenario (`cargo fanout netlab` has the same one), which needs Linux
//! and root. The network has no limit of its rate, and no queue that fills up: the bench does not show a link that is
//! full.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_harness::way::Way;
use fanout_model::Protocol;
use fanout_record::run::{Exchange, Network};
use fanout_suite::question::{Answers, Question, rounds};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "network",
        about: "What do distance and loss do? Round trips of 1 to 100 ms, 0 or 1 % of packets lost, 20 in flight.",
        cases,
        admits: |model| model.protocols().contains(&Protocol::KeepAlive) && model.speaks_tls(),
        usual: &["tokio-current-thread"],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 600,
    })
}

/// The ways that are compared.
const WAYS: [Way; 6] = [
    way("keep-alive", Protocol::KeepAlive, false, 20),
    way("6-connections", Protocol::KeepAlive, false, 6),
    way("connection-per-request", Protocol::ConnectionPerRequest, false, 20),
    way("tls", Protocol::KeepAlive, true, 20),
    way("tls-connection-per-request", Protocol::ConnectionPerRequest, true, 20),
    way("tls-http2", Protocol::Http2, true, 20),
];

const fn way(name: &'static str, protocol: Protocol, tls: bool, in_flight: usize) -> Way {
    Way { name, protocol, tls, in_flight }
}

/// The scenarios: a name, the round trip in milliseconds, the loss, and the length of an answer in bytes.
const SCENARIOS: [(&str, u64, f64, u64); 12] = [
    ("1ms-1KB", 1, 0.0, 1_000),
    ("20ms-1KB", 20, 0.0, 1_000),
    ("100ms-1KB", 100, 0.0, 1_000),
    ("1ms-1KB-loss", 1, 0.01, 1_000),
    ("20ms-1KB-loss", 20, 0.01, 1_000),
    ("100ms-1KB-loss", 100, 0.01, 1_000),
    ("1ms-256KB", 1, 0.0, 256_000),
    ("20ms-256KB", 20, 0.0, 256_000),
    ("100ms-256KB", 100, 0.0, 256_000),
    ("1ms-256KB-loss", 1, 0.01, 256_000),
    ("20ms-256KB-loss", 20, 0.01, 256_000),
    ("100ms-256KB-loss", 100, 0.01, 256_000),
];

/// The seed of the loss.
const SEED: u64 = 1;

fn cases(profile: Profile) -> Vec<Case> {
    let scenarios: &[_] = match profile {
        Profile::Quick => &SCENARIOS[1..2],
        Profile::Default | Profile::Full => &SCENARIOS,
    };
    let rounds = rounds(profile, 30);
    let case = |(parameter, milliseconds, loss, bytes)| {
        let network = Network { round_trip_ns: milliseconds * 1_000_000, loss, seed: SEED };
        let exchange = Exchange::Download { bytes, kept: true };
        Case {
            parameter,
            requests: 60,
            exchange,
            // The floor's; each way has its own.
            concurrency: NonZeroUsize::new(20),
            ways: &WAYS,
            engine: Engine::Hyper,
            network: Some(network),
            rounds,
            ..Case::WARM
        }
    };
    scenarios.iter().copied().map(case).collect()
}
