//! `fanout probe`, and retries of `fanout fetch`, as a user has them: processes, real sockets, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::process::Command;
use std::time::Duration;

use fanout_conformance::server::Server as Scripted;
use mock_server::limits::{Capacity, Limits, Rate};
use mock_server::{Config, Engine, Server, Stats};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

fn fanout(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A server that holds each answer back for 20 ms.
fn serve(limits: Limits) -> (Runtime, Server, String) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { delay: Duration::from_millis(20), engine: Engine::Hyper, limits, ..Config::default() };
    let server = runtime.block_on(Server::start(config)).unwrap();
    let url = format!("{}/uuid", server.url());
    (runtime, server, url)
}

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

#[test]
fn the_number_in_flight_is_named_and_no_more_is_sent_than_was_said() {
    let capacity = Some(Capacity { at_once: number(10), queue: None, then: None });
    let (_runtime, server, url) = serve(Limits { capacity, rate: None });
    let (code, out, err) = fanout(&["probe", "--target", &url, "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let probed: Value = serde_json::from_str(&out).unwrap();
    let worth = probed["worth"].as_u64().unwrap();
    assert!((5..=20).contains(&worth), "{probed}");
    assert_eq!(probed["harm"], "slower");
    assert_eq!(probed["sent"].as_u64().unwrap(), server.stats().arrivals);
    assert!(err.contains("requests will go to") && err.contains("at most"), "{err}");
    let said: u64 = err.split_whitespace().next().unwrap().parse().unwrap();
    assert!(server.stats().arrivals <= said && said <= 2_000, "{said}");

    let (code, out, _) = fanout(&["probe", "--target", &url, "--budget", "100", "--most", "5"]);
    assert!(code == Some(0) && out.starts_with("Keep ") && out.contains("in flight"), "{out}");
}

#[test]
fn a_refusal_ends_the_probe_at_once() {
    let rate = Some(Rate { a_second: number(1), burst: number(70) });
    let (_runtime, server, url) = serve(Limits { capacity: None, rate });
    let (code, out, err) = fanout(&["probe", "--target", &url]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("with 5 in flight, the server refused a request"), "{out}");
    assert!(err.contains("refused") && err.contains("429"), "{err}");
    // The first request, two steps of thirty, and some slices of five: a request of the last one is refused. The
    // server takes one more with each second that passes.
    let Stats { arrivals, refused, .. } = server.stats();
    assert!((1..=5).contains(&refused) && arrivals < 91, "{refused} of {arrivals}");
}

#[test]
fn a_server_that_gives_no_good_answer_is_sent_one_request() {
    let server = Scripted::start();
    for (path, says) in
        [("/status/500", "status 500"), ("/status/429", "429"), ("/cut", "cut off"), ("/hang", "timed out")]
    {
        let before = server.seen().arrivals;
        let url = server.at(path);
        let (code, out, err) = fanout(&["probe", "--target", url.as_str(), "--timeout", "300ms"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{path}: {err}");
        assert!(err.contains("the first request") && err.contains(says), "{path}: {err}");
        assert_eq!(server.seen().arrivals, before + 1, "{path}");
    }
    let (code, _, err) = fanout(&["probe", "--target", "http://127.0.0.1:1/"]);
    assert!(code == Some(2) && err.contains("refused"), "{err}");
}

#[test]
fn what_cannot_be_probed_is_said_before_anything_is_sent() {
    let cases: [(&[&str], &str); 6] = [
        (&["probe", "--budget", "30"], "too small"),
        (&["probe", "--most", "0"], "from 1 up"),
        (&["probe", "--target", "ftp://127.0.0.1/"], "scheme"),
        (&["probe", "--target", "http://127.0.0.1:1/", "--ca-file", "/dev/null"], "certificate roots"),
        (&["probe", "--ca-file", "/dev/null"], "--target"),
        (&["probe", "--target", "http://example.invalid/", "--budget", "50000"], "FANOUT_LIVE_BUDGET"),
    ];
    for (arguments, says) in cases {
        let (code, out, err) = fanout(arguments);
        assert!(code == Some(2) && out.is_empty() && err.contains(says), "{arguments:?}: {code:?} {err}");
    }
}

#[test]
fn fetch_sends_a_request_again_as_often_as_it_is_told() {
    let server = Scripted::start();
    let url = server.at("/busy/2/7");
    let once = ["fetch", "-m", "thread-pool", "-n", "1", "--target", url.as_str()];
    let (code, _, err) = fanout(&once);
    assert!(code == Some(1) && err.contains("status 503; the server asks to try again in 0 s"), "{err}");
    let (code, out, err) = fanout(&[&once[..], &["--retries", "2"]].concat());
    assert_eq!((code, out.lines().count()), (Some(0), 1), "{err}");
    assert!(err.contains("sent again: 1 of 1 requests, 1 times in all"), "{err}");
    let (code, _, err) = fanout(&["fetch", "-m", "rayon", "--retries", "101"]);
    assert!(code == Some(2) && err.contains("--retries"), "{err}");
    // The budget of a server elsewhere counts each attempt.
    let far = ["fetch", "-m", "rayon", "-n", "1000", "--retries", "2", "--target", "http://example.invalid/"];
    let (code, _, err) = fanout(&far);
    assert!(code == Some(2) && err.contains("3000 requests"), "{err}");
}
