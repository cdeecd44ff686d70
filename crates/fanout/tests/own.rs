//! The user's own requests: `cargo fanout fetch --requests-file`, and what becomes of the answers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use fanout_conformance::server::Server;
use fanout_model::answer::hash;

fn fetch(model: &str, file: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let program = env!("CARGO_BIN_EXE_fanout");
    let output = Command::new(program).args(["fetch", "-m", model, "--requests-file"]).arg(file).args(more).output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Models of each client, and of each way to reach it.
const MODELS: [&str; 6] = ["thread-pool-ureq", "process-pool", "rayon", "tokio-rayon", "hyper", "curl-multi"];

#[test]
fn a_list_of_urls_is_fetched_and_each_answer_is_told_by_its_length_and_hash() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("urls");
    fs::write(&file, format!("{}\n{}\n", server.at("/text"), server.at("/bytes/100000"))).unwrap();
    for model in MODELS {
        let (code, out, err) = fetch(model, &file, &[]);
        let large = hash(&mock_server::bytes::whole(100_000));
        let expected = format!("1: 5 bytes, xxh3 {:016x}\n2: 100000 bytes, xxh3 {large:016x}\n", hash(b"hello"));
        assert_eq!((code, out), (Some(0), expected), "{model}: {err}");
        assert!(err.contains("2 requests a batch"), "{model}: {err}");
    }
}

#[test]
fn methods_headers_bodies_and_checks_are_those_of_the_file_and_a_bad_answer_is_one_failure() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("body.bin"), mock_server::bytes::whole(70_000)).unwrap();
    let receipt = mock_server::bytes::receipt(70_000, mock_server::bytes::hash(70_000));
    let file = folder.path().join("requests.toml");
    let text = format!(
        "[[request]]\nurl = \"{}\"\nmethod = \"POST\"\nbody_file = \"body.bin\"\nheaders = {{ x-own = \"7\" }}\n\
         length = {}\nhash = \"{:016x}\"\n\n[[request]]\nurl = \"{}\"\nstatus = 500\ntimes = 2\n\n\
         [[request]]\nurl = \"{}\"\njson = \"/uuid\"\n\n[[request]]\nurl = \"{}\"\njson = \"/other\"\n",
        server.at("/upload"),
        receipt.len(),
        hash(receipt.as_bytes()),
        server.at("/status/500"),
        server.at("/uuid/1"),
        server.at("/uuid/1"),
    );
    fs::write(&file, text).unwrap();
    for model in MODELS {
        let (code, out, err) = fetch(model, &file, &[]);
        assert_eq!((code, out.lines().count()), (Some(1), 4), "{model}: {out}{err}");
        assert!(err.contains("failed: 1 of 5, the first is number 5: bad answer: the JSON has no value"), "{err}");
    }
    assert!(server.headers().iter().any(|headers| headers.contains(&("x-own".into(), "7".into()))));
}

#[test]
fn bodies_are_written_to_files_that_are_named_by_their_requests_and_nowhere_else() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("urls");
    // Eleven names with two digits each. The first answer is bad.
    let urls = (1..=11).map(|n| server.at(if n == 1 { "/status/500".into() } else { format!("/bytes/{n}") }));
    fs::write(&file, urls.map(|url| format!("{url}\n")).collect::<String>()).unwrap();
    for model in MODELS {
        let bodies = folder.path().join(model);
        // A link that leads elsewhere is replaced, and not followed.
        let elsewhere = folder.path().join(format!("{model}-elsewhere"));
        fs::write(&elsewhere, "kept").unwrap();
        fs::create_dir(&bodies).unwrap();
        std::os::unix::fs::symlink(&elsewhere, bodies.join("02")).unwrap();
        let (code, _, err) = fetch(model, &file, &["--output-dir", bodies.to_str().unwrap()]);
        assert_eq!(code, Some(1), "{model}: {err}");
        let mut names: Vec<String> =
            fs::read_dir(&bodies).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let expected: Vec<String> = (2..=11).map(|n| format!("{n:02}")).collect();
        assert_eq!(names, expected, "{model}");
        assert_eq!(fs::read(bodies.join("02")).unwrap(), mock_server::bytes::whole(2), "{model}");
        assert_eq!(fs::read(&elsewhere).unwrap(), b"kept", "{model}");
    }
}

#[test]
fn what_is_wrong_with_the_file_is_said_before_anything_is_sent() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("requests");
    let url = server.at("/uuid/1");
    let cases = [
        (String::new(), "it holds no request"),
        (format!("{url}\nnonsense\n"), "line 2: `url`: `nonsense` is not a URL"),
        (format!("[[request]]\nurl = \"{url}\"\nbody_file = \"none\"\n"), "line 3: `body_file`"),
        ("http://192.0.2.1/\n".repeat(2_001), "FANOUT_LIVE_BUDGET=2001"),
    ];
    for (text, says) in cases {
        fs::write(&file, text).unwrap();
        let (code, out, err) = fetch("rayon", &file, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{says}: {err}");
        assert!(err.contains(says), "{err}");
    }
    for (file, says) in [("/no/such/file", "/no/such/file"), ("/dev/zero", "device"), ("/", "/: ")] {
        let (code, _, err) = fetch("rayon", Path::new(file), &[]);
        assert_eq!(code, Some(2), "{file}: {err}");
        assert!(err.contains(says), "{file}: {err}");
    }
    assert_eq!(server.seen().arrivals, 0);
}
