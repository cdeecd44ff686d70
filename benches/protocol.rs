//! What does each way of sharing connections cost? A batch has 100 requests with 20 in flight and a delay of 1 ms.
//! The requests go over HTTP/1.1 with keep-alive, over HTTP/1.1 with a connection per request, over HTTP/2, and over
//! the same three with TLS. The hyper engine answers.
//!
//! The answer looks like: keep-alive and HTTP/2 are near each other, although keep-alive has a connection for each
//! lane and HTTP/2 has one for all lanes. A connection per request costs a handshake each time, and over TLS also two
//! signatures. The bench does not show what a handshake costs over a distance: on loopback, a round trip takes almost
//! no time. A model takes part if it speaks the protocol. The floor uses HTTP/1.1 with keep-alive and without TLS in
//! all scenarios, so that ratios to it can be compared across protocols.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_model::Protocol;
use fanout_suite::question::{Answers, Question, rounds};
use fanout_suite::taking_part::chooses;
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "protocol",
        about: "What does each way of sharing connections cost? 100 requests, 20 in flight, a delay of 1 ms.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 10,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, 100);
    let case = |parameter, protocol, tls| Case {
        concurrency: NonZeroUsize::new(20),
        delay: Duration::from_millis(1),
        engine: Engine::Hyper,
        protocol: Some(protocol),
        tls,
        rounds,
        parameter,
        ..Case::WARM
    };
    let (keep_alive, per_request, http2) = (Protocol::KeepAlive, Protocol::ConnectionPerRequest, Protocol::Http2);
    let mut cases = vec![case("keep-alive", keep_alive, false), case("http2", http2, false)];
    if profile != Profile::Quick {
        cases.extend([
            case("connection-per-request", per_request, false),
            case("tls", keep_alive, true),
            case("tls-http2", http2, true),
            case("tls-connection-per-request", per_request, true),
        ]);
    }
    cases
}
