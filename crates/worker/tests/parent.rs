//! Tests the parent's handle with workers that misbehave. Shell scripts take the worker's place.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroUsize;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fanout_conformance::leak_checks::{children_of, runs};
use fanout_model::{Check, Request, Retry, Settings};
use fanout_worker::Worker;
use fanout_worker::protocol::Cold;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const PREPARED: &str = r#"echo '{"hello":{"protocol":3}}'; read prepare; echo '"prepared"'; read run; "#;

fn start(script: &str) -> Worker {
    let mut program = Command::new("sh");
    program.args(["-c", script]);
    Worker::start(program).unwrap()
}

/// Requests that differ, because the same one again takes no room on the wire.
fn requests(n: usize) -> Vec<Request> {
    (0..n).map(|n| Request::get(format!("http://localhost/{n}").parse().unwrap()).unwrap()).collect()
}

fn preparing(script: &str) -> String {
    let mut worker = start(script);
    let settings = Settings::new(NonZeroUsize::MIN).unwrap();
    let asked = worker.ask_to_prepare("any", &settings).and_then(|()| worker.prepared());
    asked.unwrap_err().to_string()
}

fn running(script: &str) -> String {
    let mut worker = start(&format!("{PREPARED}{script}"));
    worker.ask_to_prepare("any", &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
    worker.prepared().unwrap();
    worker.run(&requests(1)).unwrap_err()
}

#[test]
fn a_worker_of_another_version_or_language_is_refused_with_what_it_said() {
    let message = preparing(r#"echo '{"hello":{"protocol":99}}'; cat"#);
    assert!(
        message.contains("a newer version of the worker protocol, 99") && message.contains("speaks 2 to 4"),
        "{message}"
    );
    let message = preparing("echo Welcome; cat");
    assert!(message.contains("not of the worker protocol") && message.contains("Welcome"), "{message}");
    let message =
        preparing(r#"echo '{"hello":{"protocol":3}}'; read x; echo '{"refused":{"reason":"no such model"}}'"#);
    assert!(message.contains("no such model"), "{message}");
}

#[test]
fn a_worker_of_an_older_version_is_asked_in_its_words_and_told_apart_where_it_has_none() {
    // It refuses, and the reason is the length of the line that it was sent.
    let older = PREPARED.replace(":3}", ":2}") + r#"printf '{"refused":{"reason":"%s"}}\n' "${#run}"; cat"#;
    let ask = |requests: &[Request]| {
        let mut worker = start(&older);
        worker.ask_to_prepare("any", &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
        worker.prepared().unwrap();
        worker.run(requests).unwrap_err()
    };
    let error = ask(&[requests(1)[0].with_check(Check { work: 1, ..Check::default() })]);
    assert!(error.contains("version 2") && error.contains("older"), "{error}");
    let line = r#"{"run":{"urls":["http://localhost/0"]}}"#;
    assert_eq!(ask(&requests(1)), line.len().to_string());
}

#[test]
fn a_worker_of_version_3_is_not_asked_for_retries() {
    let settings = |retries| Settings { retry: Retry::times(retries), ..Settings::new(NonZeroUsize::MIN).unwrap() };
    // What it is asked for after its hello, it refuses.
    let asked = |version: u32, retries| {
        let hello = format!(r#"echo '{{"hello":{{"protocol":{version}}}}}'; read order; "#);
        let script = hello + r#"echo '{"refused":{"reason":"it was asked"}}'; cat > /dev/null"#;
        let cold = Cold { model: "any".into(), settings: settings(retries) };
        start(&script).measure(Some(cold), &requests(1), false).unwrap_err()
    };
    let no_retries = "it speaks version 3 of the worker protocol, which has no retries; version 4 has them";
    assert_eq!(asked(3, 2), no_retries);
    assert_eq!([asked(3, 0), asked(4, 2)], ["it was asked"; 2]);
    // Workers are asked to prepare before their hello is awaited. One of version 3 would leave the setting out, and
    // therefore it is refused, although it says that it has prepared.
    let mut worker = start(&format!("{PREPARED}cat > /dev/null"));
    worker.ask_to_prepare("any", &settings(2)).unwrap();
    assert!(worker.prepared().unwrap_err().to_string().ends_with(no_retries));
}

#[test]
fn a_worker_that_ends_early_is_told_with_how_it_ended() {
    assert!(preparing("exit 7").contains("exit status: 7"));
    assert!(running("exit 3").contains("exit status: 3"));
    assert!(running("kill -KILL $$").contains("SIGKILL"));
}

#[test]
fn a_worker_that_answers_too_few_outcomes_is_refused() {
    let usage = r#"{"user_ns":0,"system_ns":0,"voluntary_switches":0,"involuntary_switches":0}"#;
    let message = running(&format!(r#"echo '{{"outcomes":{{"outcomes":[],"usage":{usage}}}}}'; cat"#));
    assert!(message.contains("0 outcomes for 1 requests"), "{message}");
}

#[test]
fn a_worker_that_is_silent_or_stops_in_the_middle_of_a_line_is_waited_for_no_longer_than_said() {
    for script in ["cat", "printf '{\"hello\"'; cat"] {
        let error = start(script).shake_hands(Duration::from_millis(200)).unwrap_err().to_string();
        assert!(error.contains("did not answer within"), "{error}");
    }
}

#[test]
fn who_wants_to_give_up_is_kept_neither_by_a_worker_that_does_not_answer_nor_by_one_that_does_not_read() {
    for (script, n, words) in
        [("cat > /dev/null", 1, "did not answer"), ("exec sleep 600", 100_000, "did not take what it was sent")]
    {
        let mut worker = start(&format!("{PREPARED}{script}").replace("read run; ", ""));
        worker.ask_to_prepare("any", &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
        worker.prepared().unwrap();
        worker.give_up_when(|| true, Duration::from_millis(200));
        let error = worker.measure(None, &requests(n), true).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_run_is_waited_for_no_longer_than_was_said_however_many_its_requests_are() {
    let mut worker = start(&format!("{PREPARED}cat > /dev/null").replace("read run; ", ""));
    worker.ask_to_prepare("any", &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
    worker.prepared().unwrap();
    worker.wait_at_most(Duration::from_millis(200));
    let error = worker.measure(None, &requests(1_000), true).unwrap_err();
    assert!(error.contains("did not answer within"), "{error}");
}

/// This test has a deadline against hanging, which is half of what a worker may take to start.
#[test]
fn a_worker_that_is_stopped_is_given_up_soon_after_the_timeouts_of_its_requests() {
    // The second number of requests is more than a pipe holds, so that the worker does not even take it.
    for n in [1, 10_000] {
        let mut worker = start(&format!("{PREPARED}cat").replace("read run; ", "kill -STOP $$; "));
        let timeout = Duration::from_micros(100);
        let settings = Settings { timeout, ..Settings::new(NonZeroUsize::MIN).unwrap() };
        worker.ask_to_prepare("any", &settings).unwrap();
        worker.prepared().unwrap();
        let begun = Instant::now();
        let error = worker.run(&requests(n)).unwrap_err();
        assert!(error.contains("did not") && error.contains("within"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{error}");
    }
}

#[test]
fn a_long_line_arrives_whole_at_a_worker_that_reads_slowly_and_comes_back_whole() {
    let (name, long) = (HeaderName::from_static("x"), "x".repeat(300_000));
    let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(&long).unwrap())]);
    let url = "http://localhost/".parse().unwrap();
    let request = Request::new(Method::GET, url, headers, Bytes::new(), Check::default()).unwrap();
    // The worker refuses, and the reason is what it was sent.
    let script = r#"line=$(while read -r line; do echo "$line"; sleep 0.1; break; done); "#;
    let back =
        r#"printf '{"refused":{"reason":%s}}\n' "$(echo "$line" | sed 's/.*\["x",/"/; s/""/"/; s/"\]\].*/"/')""#;
    let mut worker = start(&format!("{PREPARED}{script}{back}").replace("read run; ", ""));
    worker.ask_to_prepare("any", &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
    worker.prepared().unwrap();
    assert_eq!(worker.run(&[request]).unwrap_err(), long);
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = Worker::start(Command::new("/no/such/program")).unwrap_err().to_string();
    assert!(error.contains("/no/such/program"), "{error}");
}

#[test]
fn a_worker_that_does_not_end_is_killed_and_reaped() {
    let worker = start("trap '' TERM; while :; do sleep 1; done");
    let pid = worker.process();
    assert!(runs(pid));
    drop(worker);
    assert!(!children_of(std::process::id()).contains(&pid), "it was not reaped");
    assert!(!runs(pid), "it was not killed");
}
