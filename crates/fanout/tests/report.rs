//! `fanout report`, `trace` and `export` as a user has them: files, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use fanout_conformance::server::Server;
use fanout_needs::recorded_run as recorded;
use serde_json::Value;

fn fanout(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_page_is_written_where_it_is_asked_for_and_its_path_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("a page.html");
    let (code, out, err) = fanout(&["report", text(&recorded()), "--output", text(&page)]);
    assert_eq!((code, out.trim()), (Some(0), text(&page)), "{err}");
    assert!(fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something temporary was left");
}

#[test]
fn a_bad_run_file_is_named_with_what_is_wrong_and_no_page_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (page, bad) = (folder.path().join("page.html"), folder.path().join("bad.json"));
    fs::write(&page, "an earlier page").unwrap();
    let whole = fs::read_to_string(recorded()).unwrap();
    let cases = [
        (None, "No such file"),
        (Some(whole[..whole.len() / 2].to_owned()), "not a whole run file"),
        (Some(whole.replacen("\"schema\":1", "\"schema\":99", 1)), "use a later version"),
        (Some("{\"schema\":1,\"other\":true}".to_owned()), "not a whole run file"),
        (Some("<html>".to_owned()), "not a whole run file"),
    ];
    for (content, says) in cases {
        match content {
            Some(content) => fs::write(&bad, content).unwrap(),
            None => assert!(!bad.exists()),
        }
        for verb in [&["report"][..], &["export", "--format", "csv"]] {
            let (code, out, err) = fanout(&[verb, &[text(&bad), "--output", text(&page)]].concat());
            assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
            assert!(err.contains("bad.json") && err.contains(says), "{err}");
            assert_eq!(err.matches(says).count(), 1, "said twice: {err}");
        }
        assert_eq!(fs::read_to_string(&page).unwrap(), "an earlier page");
    }
}

#[test]
fn every_format_is_exported_to_standard_output_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let run = recorded();
    for format in ["markdown", "csv", "json", "parquet", "critcmp", "github-action-benchmark", "bencher"] {
        let file = folder.path().join(format);
        let (code, out, err) = fanout(&["export", text(&run), "--format", format]);
        assert_eq!(code, Some(0), "{format}: {err}");
        assert!(!out.is_empty(), "{format}");
        let (code, nothing, _) = fanout(&["export", text(&run), "--format", format, "--output", text(&file)]);
        assert_eq!((code, nothing.as_str()), (Some(0), ""), "{format}");
        assert_eq!(String::from_utf8_lossy(&fs::read(&file).unwrap()), out, "{format}");
    }
    let (code, _, err) = fanout(&["export", text(&run), "--format", "xml"]);
    assert!(code == Some(2) && err.contains("github-action-benchmark"), "{err}");
}

#[test]
fn a_trace_has_a_bar_and_an_event_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("batch");
    let (code, out, err) = fanout(&["trace", "-m", "thread-pool", "-n", "25", "-c", "4", "-o", text(&base)]);
    assert_eq!((code, out.lines().count()), (Some(0), 2), "{err}");
    let svg = fs::read_to_string(folder.path().join("batch.svg")).unwrap();
    // All bars are one path; each begins with a move.
    let bars = svg.lines().find(|line| line.starts_with("<path fill=")).unwrap();
    assert_eq!(bars.matches('M').count(), 25);
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("batch.json")).unwrap()).unwrap();
    let events = json["traceEvents"].as_array().unwrap();
    let requests: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert_eq!(requests.len(), 25);
    for event in requests {
        assert!(event["ts"].as_f64().unwrap() >= 0.0 && event["dur"].as_f64().unwrap() > 0.0, "{event}");
        assert!(event["tid"].as_u64().unwrap() < 4 && event["args"]["uuid"].is_string(), "{event}");
    }
    let lanes = events.iter().filter(|event| event["name"] == "thread_name").count();
    assert!((1..=4).contains(&lanes), "{lanes}");
}

#[test]
fn a_trace_of_requests_that_fail_is_drawn_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let (base, url) = (folder.path().join("batch"), server.at("/status/500"));
    let (code, _, err) =
        fanout(&["trace", "-m", "tokio-current-thread", "-n", "3", "--target", url.as_str(), "-o", text(&base)]);
    assert_eq!(code, Some(1), "{err}");
    let svg = fs::read_to_string(folder.path().join("batch.svg")).unwrap();
    assert!(svg.contains("3 of them failed") && svg.contains("fill=\"#050505\""), "{svg}");
    let json: Value = serde_json::from_slice(&fs::read(folder.path().join("batch.json")).unwrap()).unwrap();
    let failed = |event: &&Value| event["cat"] == "failed" && event["args"]["error"] == "status 500";
    assert_eq!(json["traceEvents"].as_array().unwrap().iter().filter(failed).count(), 3);
    let (code, _, err) = fanout(&["trace", "-m", "hyper", "-n", "0", "-o", text(&base)]);
    assert!(code == Some(2) && err.contains("--requests"), "{err}");
}

#[test]
fn the_readme_says_what_its_recorded_run_says() {
    let (code, _, err) = fanout(&["report", "--readme", "--check"]);
    assert_eq!(code, Some(0), "{err}");
}
