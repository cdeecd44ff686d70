//! https with real certificate checks, against a TLS server on loopback with a private root.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use fanout_conformance::tls::TlsServer;
use fanout_model::Model;
use fanout_models::{FLOORS, ROSTER};
use uuid::Uuid;

fn fetch(model: &str, url: &str, ca_file: Option<&str>) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.args(["fetch", "-m", model, "-n", "10", "--target", url]);
    command.args(ca_file.into_iter().flat_map(|file| ["--ca-file", file]));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Those that can run here and use https, or don't.
fn models(https: bool) -> impl Iterator<Item = &'static dyn Model> {
    let here = ROSTER.iter().chain(FLOORS).copied().filter(|model| model.available().is_ok());
    here.filter(move |model| model.speaks_tls() == https)
}

#[test]
fn every_model_that_speaks_tls_fetches_over_https_with_a_private_root() {
    let server = TlsServer::start().unwrap();
    let url = server.url();
    for model in models(true) {
        let (code, out, err) = fetch(model.id(), &url, Some(server.root_file()));
        assert_eq!(code, Some(0), "{}: {err}", model.id());
        assert_eq!(out.lines().filter(|line| line.parse::<Uuid>().is_ok()).count(), 10, "{}", model.id());
    }
}

#[test]
fn a_root_that_is_not_trusted_and_a_name_that_does_not_match_are_refused() {
    let server = TlsServer::start().unwrap();
    let url = server.url();
    for model in models(true) {
        let (code, out, err) = fetch(model.id(), &url, None);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{}: {err}", model.id());
        let refused = "the certificate of 127.0.0.1 is not trusted: no authority that is trusted has signed it";
        assert!(err.contains(refused) && !err.contains("is a server there?"), "{}: {err}", model.id());
    }
    let other_name = url.replace("127.0.0.1", "localhost");
    let (code, _, err) = fetch("rayon", &other_name, Some(server.root_file()));
    assert_eq!(code, Some(1));
    assert!(err.contains("the certificate of localhost is not trusted: it is not for localhost"), "{err}");
    assert!(!err.contains("is a server there?"), "{err}");
}

#[test]
fn a_model_that_speaks_no_tls_refuses_https_before_the_first_request() {
    for model in models(false) {
        let (code, out, err) = fetch(model.id(), "https://localhost:1", None);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{}: {err}", model.id());
        assert!(err.contains("not supported: https"), "{}: {err}", model.id());
    }
}

#[test]
fn a_file_of_roots_without_a_certificate_is_refused_before_the_first_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    std::fs::write(&file, "no certificate here").unwrap();
    let (code, _, err) = fetch("rayon", "https://localhost:1", Some(file.to_str().unwrap()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("certificate"), "{err}");
}
