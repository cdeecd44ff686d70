//! `fanout fetch` and `models` as a user has them: processes, real sockets, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fanout_conformance::deadline::soon;
use fanout_conformance::leak_checks::{children_of, runs};
use fanout_conformance::server::Server;
use fanout_harness::interrupt;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use uuid::Uuid;

fn fanout(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_model_prints_as_many_distinct_uuids_as_were_asked_for_and_its_times() {
    for model in fanout_models::ROSTER.iter().filter(|model| model.available().is_ok()) {
        let (code, out, err) = fanout(&["fetch", "--model", model.id(), "-n", "30"]);
        assert_eq!(code, Some(0), "{}: {err}", model.id());
        let uuids: HashSet<Uuid> = out.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!((out.lines().count(), uuids.len()), (30, 30), "{}", model.id());
        assert!(err.starts_with("TOTAL TIME:") && err.contains("p99"), "{err}");
    }
}

#[test]
fn number_and_repeat_are_timeits_and_json_holds_every_outcome() {
    let few = ["fetch", "-m", "rayon", "-n", "5", "--number", "2", "--repeat", "3"];
    let (code, out, err) = fanout(&few);
    assert_eq!((code, out.lines().count()), (Some(0), 30));
    assert!(err.contains("mean of 3 repeats"), "{err}");

    let (_, out, _) = fanout(&[&few[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["totals"].as_array().unwrap().len(), 3);
    assert_eq!(json["outcomes"].as_array().unwrap().len(), 30);
}

#[test]
fn a_request_that_fails_makes_the_exit_code_1_and_is_told_with_its_reason() {
    let server = Server::start();
    let says = [
        ("/status/500", "status 500"),
        ("/text", "not JSON"),
        ("/no-uuid", "no `uuid` in the JSON"),
        ("/not-uuid", "`uuid` is not a UUID"),
        ("/cut", "cut off"),
        ("/nothing", "cut off"),
    ];
    for (path, reason) in says {
        let url = server.at(path);
        let (code, out, err) = fanout(&["fetch", "-m", "thread-pool", "-n", "3", "--target", url.as_str()]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{path}: {err}");
        assert!(err.contains("failed: 3 of 3, the first is number 1") && err.contains(reason), "{path}: {err}");
    }
    let url = server.at("/hang");
    let (code, _, err) = fanout(&["fetch", "-m", "rayon", "-n", "2", "--timeout", "50ms", "--target", url.as_str()]);
    assert_eq!(code, Some(1));
    assert!(err.contains("timed out"), "{err}");
    let (code, _, err) = fanout(&["fetch", "-m", "rayon", "-n", "2", "--target", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("refused") && err.contains("is a server there?"), "{err}");
}

#[test]
fn what_cannot_be_done_makes_the_exit_code_2_and_says_what_to_do() {
    let cases: [(&[&str], &str); 9] = [
        (&["fetch", "-m", "thread_pool"], "did you mean `thread-pool`?"),
        (&["fetch", "-m", "rayon", "-c", "0"], "from 1 up"),
        (&["fetch", "-m", "rayon", "-c", "99999999"], "more than the 65535"),
        (&["fetch", "-m", "process-pool", "-c", "600"], "lower the concurrency"),
        (&["fetch", "-m", "rayon", "-n", "99999999"], "1000000"),
        (&["fetch", "-m", "rayon", "--target", "httpbin.org"], "write it like"),
        (&["fetch", "-m", "rayon", "--target", "http://192.0.2.1", "-n", "2001"], "FANOUT_LIVE_BUDGET=2001"),
        (&["fetch", "-m", "rayon", "--target", "https://localhost:1", "--ca-file", "/no/file"], "/no/file"),
        (&["fetch"], "--model"),
    ];
    for (arguments, says) in cases {
        let (code, out, err) = fanout(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    }
}

#[test]
fn models_lists_the_roster_also_as_json() {
    let (code, out, _) = fanout(&["models"]);
    assert_eq!(code, Some(0));
    assert!(fanout_models::ROSTER.iter().all(|model| out.contains(model.id())));
    let (_, out, _) = fanout(&["models", "--json"]);
    let json: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(json.len(), fanout_models::ROSTER.len() + fanout_models::FLOORS.len());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let script = format!("set -o pipefail; {} fetch -m rayon -n 50000 | head -1", env!("CARGO_BIN_EXE_fanout"));
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

/// Kills `fanout` in mid-request by each signal, and waits for its children to be gone.
fn leaves_nothing(arguments: &[&str], expected_children: usize) {
    interrupt::let_signals_end_what_is_started().unwrap();
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let program = env!("CARGO_BIN_EXE_fanout");
        let mut parent = Command::new(program).args(arguments).stdout(Stdio::null()).spawn().unwrap();
        let mut children = Vec::new();
        soon("starting its children", || {
            children = children_of(parent.id());
            children.len() == expected_children
        });
        // So that the workers are in mid-request, as a rule; the property holds at any time.
        sleep(Duration::from_millis(300));
        kill(Pid::from_raw(parent.id().cast_signed()), signal).unwrap();
        parent.wait().unwrap();
        soon("ending with their parent", || !children.iter().any(|child| runs(*child)));
    }
}

#[test]
fn killed_in_mid_request_it_leaves_neither_server_nor_workers_behind() {
    let pool = ["fetch", "-m", "process-pool", "-c", "3", "-n", "3", "--timeout", "10m"];
    leaves_nothing(&[&pool[..], &["--delay", "10m"]].concat(), 4);
    // A server that lives on: its end is not what ends the workers.
    let server = Server::start();
    leaves_nothing(&[&pool[..], &["--target", server.at("/hang").as_str()]].concat(), 3);
}

#[test]
fn a_secret_in_a_target_is_printed_nowhere() {
    // Nobody listens at the first, the second is no server's address, and the third is over its budget.
    for target in ["http://127.0.0.1:1/uuid?token=secret", "ftp://me:secret@host/", "http://192.0.2.1/?token=secret"]
    {
        for json in [&[][..], &["--json"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
            command.args(["fetch", "--model", "sequential", "--requests", "3", "--target", target]).args(json);
            let output = command.env("FANOUT_LIVE_BUDGET", "1").stdin(Stdio::null()).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!output.status.success() && !said.contains("secret"), "{target}: {said}");
        }
    }
}

#[test]
fn an_empty_budget_is_as_if_none_was_set() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    // One more than the budget: nothing is sent.
    command.args(["fetch", "--model", "sequential", "--requests", "2001", "--target", "http://192.0.2.1"]);
    let output = command.env("FANOUT_LIVE_BUDGET", "").stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("the budget of 2000"), "{said}");
}

#[test]
fn fetch_says_how_many_were_in_flight_and_what_it_cost_and_quiet_prints_no_uuid() {
    let (code, out, err) = fanout(&["fetch", "-m", "hyper", "-n", "30", "-c", "7", "--repeat", "2", "--quiet"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("hyper: 30 requests a batch, 7 in flight at most; "), "{err}");
    assert!(err.contains(" ms of processor time a batch, ") && err.contains(" MB at most"), "{err}");
}

#[test]
fn what_a_model_does_not_use_or_cannot_do_is_said_before_anything_is_sent() {
    let (code, _, err) = fanout(&["fetch", "-m", "sequential", "-n", "2", "-c", "20"]);
    assert!(code == Some(0) && err.contains("--concurrency 20 is not used"), "{err}");
    let https = ["fetch", "-m", "curl-multi", "-n", "2", "--target", "https://127.0.0.1:1/uuid"];
    let (code, out, err) = fanout(&https);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("curl-multi: not supported: https") && !err.contains("requests will go"), "{err}");
}

#[test]
fn numbers_that_make_no_sense_are_refused_in_words() {
    for (arguments, words) in [
        (&["fetch", "-m", "hyper", "-n", "0"][..], "a whole number from 1 to 1000000"),
        (&["fetch", "-m", "hyper", "-n", "1e3"], "a whole number from 1 to 1000000"),
        (&["fetch", "-m", "hyper", "--repeat", "0"], "a whole number from 1 up"),
        (&["calibrate", "--tries", "0"], "a whole number from 1 up"),
        (&["fetch", "-m", "Hyper"], "did you mean `hyper`?"),
        (&["prove", "hiper"], "did you mean `hyper`?"),
        (&["record", "--results", "no/such/folder"], "there is no folder no/such"),
    ] {
        let (code, out, err) = fanout(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(words) || err.contains("there is no last run"), "{arguments:?}: {err}");
    }
}

#[test]
fn models_are_listed_by_family_and_described_by_name() {
    let (code, out, _) = fanout(&["models"]);
    assert_eq!(code, Some(0));
    let place = |words: &str| out.find(words).unwrap_or_else(|| panic!("{words}: {out}"));
    assert!(place("threads:") < place("thread-pool ") && place("thread-pool ") < place("processes:"), "{out}");
    let (_, out, _) = fanout(&["models", "hyper"]);
    for words in ["Pick it when ", "It costs ", "Family: event loop on one thread", "pub async fn fetch_all"] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[test]
fn completions_and_the_manual_page_name_the_verbs() {
    for kind in ["bash", "elvish", "fish", "powershell", "zsh", "man"] {
        let (code, out, err) = fanout(&["completions", kind]);
        assert!(code == Some(0) && out.contains("calibrate"), "{kind}: {err}");
    }
}

#[test]
fn a_server_that_gives_one_uuid_to_all_requests_has_failed() {
    let server = Server::start();
    let same = server.at("/uuid/7");
    for json in [&[][..], &["--json"]] {
        let (code, _, err) =
            fanout(&[&["fetch", "-m", "rayon", "-n", "3", "--target", same.as_str()], json].concat());
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains("failed: request 2 got the same UUID as request 1"), "{err}");
    }
    let (code, _, err) = fanout(&["fetch", "-m", "rayon", "-n", "3", "--target", server.at("/fresh").as_str()]);
    assert_eq!(code, Some(0), "{err}");
}
