//! A control: who is let in, what it starts, and that a server ends when nobody needs it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mock_server::Stats;
use mock_server::control::Opened;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mock-server");
const TOKEN: &str = "0123456789abcdef";

/// A control on loopback, which ends with this value.
struct Control {
    child: Child,
    url: String,
    root: tempfile::TempDir,
}

impl Control {
    fn start(arguments: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("--control").args(arguments).arg("--root-file").arg(root.path().join("root.pem"));
        let mut child = command.env("FANOUT_SERVER_TOKEN", TOKEN).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, url: line.trim_end().to_owned(), root }
    }

    fn agent(&self) -> Agent {
        agent(&self.root.path().join("root.pem"))
    }

    /// Sends a request with this token, and returns the status and the body.
    fn said(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut answer = self.agent().run(request.body(body).unwrap()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    fn opens(&self, arguments: &str) -> Opened {
        let (status, body) = self.said(Some(TOKEN), "POST", "/servers", &wanted("one", arguments));
        assert_eq!(status, 201, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn stats(&self, session: &str) -> Stats {
        let (status, body) = self.said(Some(TOKEN), "GET", &format!("/servers/{session}/stats"), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What a harness asks for.
fn wanted(harness: &str, arguments: &str) -> String {
    format!(r#"{{"harness":"{harness}","arguments":{arguments}}}"#)
}

fn agent(root: &Path) -> Agent {
    // A test may be the first to use TLS in its process, so that the choice may be new or made already.
    fanout_clients::choose_crypto();
    let certificates: Vec<_> = parse_pem(&std::fs::read(root).unwrap())
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate.to_owned()),
            _ => None,
        })
        .collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build();
    Agent::config_builder().proxy(None).http_status_as_error(false).tls_config(tls).build().into()
}

#[test]
fn nobody_is_let_in_without_the_token_and_nothing_is_started() {
    let control = Control::start(&[]);
    let near = [&TOKEN[1..], &TOKEN[..15], "0123456789abcdeF", "", "0123456789abcdef0"];
    for (method, path) in [("POST", "/servers"), ("GET", "/servers/x/stats"), ("DELETE", "/servers/x"), ("GET", "/")]
    {
        for token in near.into_iter().map(Some).chain([None]) {
            let (status, body) = control.said(token, method, path, "[]");
            assert!(status == 401 && body.contains("token"), "{token:?} {method} {path}: {status} {body}");
        }
    }
    assert_eq!(control.said(Some(TOKEN), "GET", "/servers/x/stats", "").0, 404);
}

#[test]
fn a_server_answers_as_it_was_asked_to_is_counted_and_reset_by_the_control_alone_and_ends() {
    let control = Control::start(&[]);
    for (engine, tls) in [("wiremock", ""), ("hyper", r#","--tls""#)] {
        let opened = control.opens(&format!(r#"["--engine","{engine}","--delay","1ms"{tls}]"#));
        assert_eq!(opened.root_pem.is_some(), !tls.is_empty());
        let url = format!("http://127.0.0.1:{}", opened.port);
        for _ in 0..3 {
            assert_eq!(ureq::get(format!("{url}/uuid")).call().unwrap().status(), 200);
        }
        let unknown = ureq::post(format!("{url}/reset")).send_empty().unwrap_err();
        assert!(matches!(unknown, ureq::Error::StatusCode(404)), "{unknown}");
        assert_eq!(control.stats(&opened.session).arrivals, 3);
        let reset = format!("/servers/{}/reset", opened.session);
        assert_eq!(control.said(Some(TOKEN), "POST", &reset, "").0, 204);
        assert_eq!(control.stats(&opened.session), Stats::default());

        let (status, body) = control.said(Some(TOKEN), "POST", "/servers", &wanted("another", "[]"));
        assert!(status == 409 && body.contains("another harness measures here"), "{status} {body}");
        assert_eq!(control.said(Some(TOKEN), "DELETE", &format!("/servers/{}", opened.session), "").0, 204);
        assert!(ureq::get(format!("{url}/uuid")).call().is_err());
        assert_eq!(control.said(Some(TOKEN), "POST", &reset, "").0, 404);
        // The place is kept for the next scenario of the same harness.
        assert_eq!(control.said(Some(TOKEN), "POST", "/servers", &wanted("another", "[]")).0, 409);
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_reason_and_the_control_goes_on() {
    let control = Control::start(&[]);
    let wrong = [
        ("{", "EOF"),
        (r#"["--engine","apache"]"#, "apache"),
        (r#"["--bind","0.0.0.0"]"#, "--bind"),
        (r#"["--tls"]"#, "wiremock speaks no TLS"),
        (r#"["--delay","1 fortnight"]"#, "write it like 20ms"),
    ];
    for (body, says) in wrong {
        let body = if body == "{" { body.to_owned() } else { wanted("one", body) };
        let (status, said) = control.said(Some(TOKEN), "POST", "/servers", &body);
        assert!(status == 400 && said.contains(says), "{body}: {status} {said}");
    }
    let long = format!("[\"{}\"]", "x".repeat(20_000));
    assert_eq!(control.said(Some(TOKEN), "POST", "/servers", &long).0, 400);
    // Who speaks no TLS gets no answer.
    let address = control.url.strip_prefix("https://").unwrap();
    let mut plain = TcpStream::connect(address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut said = Vec::new();
    // The connection may end with a reset.
    let _ = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    control.opens("[]");
}

#[test]
fn the_place_is_kept_for_the_harness_that_ended_its_server_unless_it_is_over() {
    let control = Control::start(&[]);
    let other = || control.said(Some(TOKEN), "POST", "/servers", &wanted("other", "[]")).0;
    let end = |query: &str| {
        let session = control.opens("[]").session;
        assert_eq!(other(), 409, "one measures");
        assert_eq!(control.said(Some(TOKEN), "DELETE", &format!("/servers/{session}{query}"), "").0, 204);
    };
    end("");
    assert_eq!(other(), 409);
    end("?over");
    assert_eq!(other(), 201);
}

#[test]
fn a_server_takes_the_port_of_the_one_before_again_and_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let control = Control::start(&["--data-port", &port.to_string()]);
    for _ in 0..50 {
        let opened = control.opens("[]");
        assert_eq!(opened.port, port);
        assert_eq!(ureq::get(format!("http://127.0.0.1:{port}/uuid")).call().unwrap().status(), 200);
    }
}

#[test]
fn beyond_loopback_a_token_and_a_name_are_needed() {
    let refused = |arguments: &[&str], token: &str| {
        let output = Command::new(PROGRAM).args(arguments).env("FANOUT_SERVER_TOKEN", token).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for token in ["", "short"] {
        let (code, said) = refused(&["--control", "--bind", "0.0.0.0", "--name", "localhost"], token);
        assert!(code == Some(2) && said.contains("16 characters") && said.contains("openssl rand"), "{said}");
    }
    let (code, said) = refused(&["--control", "--bind", "0.0.0.0"], TOKEN);
    assert!(code == Some(2) && said.contains("--name"), "{said}");
    let (code, said) = refused(&["--control", "--delay", "5ms"], TOKEN);
    assert!(code == Some(2) && said.contains("cannot be used with"), "{said}");
    let (code, said) = refused(&["--control", "--port", "4433", "--data-port", "4433"], TOKEN);
    assert!(code == Some(2) && said.contains("a port of their own"), "{said}");
    // A network set aside for documentation (RFC 5737) is on no machine.
    let (code, said) = refused(&["--control", "--bind", "192.0.2.1"], TOKEN);
    assert!(code == Some(2) && said.contains("an address of this machine"), "{said}");
    let (code, said) = refused(&["--root-file", "x"], TOKEN);
    assert!(code == Some(2) && said.contains("--control"), "{said}");
}
