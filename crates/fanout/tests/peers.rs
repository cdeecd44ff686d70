//! `fanout peers` as a user has it: which programs in other languages can run here, and what is missing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::process::Command;

use fanout_model::Model;
use fanout_peers::PEERS;

/// The variables that name a language's program, with programs that do not exist.
const NOTHING: [(&str, &str); 4] = [
    ("FANOUT_PYTHON", "/no/such/python"),
    ("FANOUT_PYTHON_FREE", "/no/such/python3t"),
    ("FANOUT_NODE", "/no/such/node"),
    ("FANOUT_GO", "/no/such/go"),
];

/// Where there is none of the languages, what the program says: its code, its output and its errors.
fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let target = tempfile::tempdir().unwrap();
    let mut fanout = Command::new(env!("CARGO_BIN_EXE_fanout"));
    fanout.arg("peers").args(arguments).envs(NOTHING).env("CARGO_TARGET_DIR", target.path());
    let output = fanout.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_peer_is_listed_with_what_it_lacks() {
    let (code, out, err) = said(&[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for peer in PEERS {
        assert!(out.lines().any(|line| line.starts_with(peer.id())), "{out}");
    }
    let lacking: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("Not on this machine: ")).collect();
    let reasons: Vec<&str> =
        lacking.iter().filter_map(|line| line.split_once(": ")).map(|(_, reason)| reason).collect();
    assert_eq!(reasons.iter().collect::<BTreeSet<_>>().len(), reasons.len(), "a reason stands there twice: {out}");
    let ids = lacking.iter().filter_map(|line| line.split_once(": ")).flat_map(|(ids, _)| ids.split(", "));
    assert_eq!(ids.collect::<BTreeSet<_>>(), PEERS.iter().map(|peer| peer.id()).collect(), "{out}");
    for how in ["cargo fanout peers setup python", "FANOUT_PYTHON_FREE", "nodejs", "golang-go"] {
        assert!(out.contains(how), "{out}");
    }
}

#[test]
fn setting_up_names_what_is_missing_and_how_to_install_it() {
    let (code, out, err) = said(&["setup"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    let begins = ["python: missing: ", "python-free-threaded: left out: ", "node: missing: ", "go: missing: "];
    for begin in begins {
        assert!(err.lines().any(|line| line.starts_with(begin)), "{err}");
    }
    assert!(err.contains("python3-venv") && err.contains("nodejs") && err.contains("golang-go"), "{err}");
    let (code, _, err) = said(&["setup", "node"]);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("node: missing: /no/such/node: ") && !err.contains("python"), "{err}");
}

#[test]
fn a_word_that_is_no_language_is_refused_with_those_that_are() {
    let (code, _, err) = said(&["setup", "ruby"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("there are no peers in `ruby`; there are peers in python, node and go"), "{err}");
}
