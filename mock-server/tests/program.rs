//! The server as a process: its first line, its messages, its exit codes, and that nothing outlives its owner.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use fanout_conformance::deadline::soon;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mock-server");

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(PROGRAM).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim_end().to_owned())
}

fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn it_prints_a_loopback_url_first_and_ends_with_0_on_sigterm() {
    let (mut child, url) = start(&["--delay", "1ms"]);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(ureq::get(format!("{url}/uuid")).call().unwrap().status(), 200);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let mut status = None;
    soon("ending on SIGTERM", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.unwrap().code(), Some(0));
    assert!(ureq::get(format!("{url}/uuid")).call().is_err());
}

#[test]
fn it_ends_when_the_process_that_started_it_is_killed() {
    let script = format!("{PROGRAM} & echo started; wait");
    let mut parent = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(parent.stdout.take().unwrap());
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        out.read_line(line).unwrap();
    }
    let url = lines.iter().find(|line| line.starts_with("http")).unwrap().trim_end().to_owned();
    assert_eq!(ureq::get(format!("{url}/uuid")).call().unwrap().status(), 200);
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Its end closes the pipe; a server that stayed would hang this read, so the deadline is on the address.
    soon("ending with its parent", || ureq::get(format!("{url}/uuid")).call().is_err());
    out.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_port_in_use_and_a_bad_duration_are_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, message) = fails(&["--port", &port]);
    assert_eq!(code, Some(2));
    assert!(message.contains(&port) && message.contains("in use") && message.contains("--port"), "{message}");

    let (code, message) = fails(&["--delay", "soon"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("soon") && message.contains("20ms"), "{message}");
}

#[test]
fn limits_that_are_no_numbers_or_that_lack_another_are_told_by_the_name_of_their_option() {
    for (arguments, says) in [
        (["--capacity", "0"].as_slice(), "--capacity"),
        (&["--capacity", "many"], "--capacity"),
        (&["--queue", "5"], "--capacity"),
        (&["--capacity", "2", "--then-capacity", "1"], "--then-after"),
        (&["--capacity", "2", "--then-after", "1"], "--then-capacity"),
        (&["--rate", "fast"], "--rate"),
        (&["--rate", "0"], "--rate"),
        (&["--burst", "5"], "--rate"),
        (&["--rate", "5", "--burst", "0"], "--burst"),
    ] {
        let (code, message) = fails(arguments);
        assert!(code == Some(2) && message.contains(says), "{arguments:?}: {code:?} {message}");
    }
    let (code, message) = fails(&["--capacity", "2"]);
    assert!(code == Some(2) && message.contains("needs a delay") && message.contains("--delay"), "{message}");
    let grows = ["--capacity", "2", "--delay", "5ms", "--then-capacity", "3", "--then-after", "9"];
    let (code, message) = fails(&grows);
    assert!(code == Some(2) && message.contains("only become smaller"), "{message}");
    let (code, message) = fails(&["--delay", "18446744073709551615s", "--jitter", "1s"]);
    assert!(code == Some(2) && message.contains("longer than a day"), "{message}");
}

#[test]
fn a_full_disk_or_a_closed_pipe_behind_what_it_prints_is_a_code_and_no_panic() {
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (help, wrong, refused) = (["--help"].as_slice(), ["--no-such"].as_slice(), ["--port", &port]);
    let ended = |arguments: &[&str], out: Stdio, err: Stdio| {
        let child = Command::new(PROGRAM).args(arguments).stdout(out).stderr(err).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for arguments in [help, &[]] {
        let (code, err) = ended(arguments, full(), Stdio::piped());
        assert!(code == Some(2) && err.contains("cannot print") && err.contains("No space left"), "{code:?} {err}");
    }
    assert_eq!(ended(help, closed(), Stdio::piped()), (Some(0), String::new()));
    for nobody in [full, closed] {
        assert_eq!(ended(wrong, Stdio::null(), nobody()).0, Some(2));
        assert_eq!(ended(&refused, Stdio::null(), nobody()).0, Some(2));
    }
}
