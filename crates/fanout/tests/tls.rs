//! https with real certificate checks, against a TLS server on loopback with a private root.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;
use uuid::Uuid;

/// A root made for this test, and a server for `names` whose certificate it signed.
struct TlsServer {
    folder: TempDir,
    port: u16,
}

impl TlsServer {
    fn start(names: &[&str]) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new([]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate =
            CertificateParams::new(names).unwrap().signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root_certificate.pem()).unwrap();

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(config);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that refuses the certificate ends its thread, as it should.
                thread::spawn(move || answer_all(StreamOwned::new(tls, socket)));
            }
        });
        Self { folder, port }
    }

    fn root(&self) -> String {
        self.folder.path().join("root.pem").display().to_string()
    }
}

fn answer_all(stream: impl std::io::Read + Write) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
        }
        let body = format!(r#"{{"uuid": "{}"}}"#, Uuid::new_v4());
        write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    }
}

fn fetch(model: &str, url: &str, ca_file: Option<&str>) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.args(["fetch", "-m", model, "-n", "10", "--target", url]);
    command.args(ca_file.into_iter().flat_map(|file| ["--ca-file", file]));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_model_fetches_over_https_with_a_private_root() {
    let server = TlsServer::start(&["localhost"]);
    let url = format!("https://localhost:{}", server.port);
    for model in fanout_models::ROSTER {
        let (code, out, err) = fetch(model.id(), &url, Some(&server.root()));
        assert_eq!(code, Some(0), "{}: {err}", model.id());
        assert_eq!(out.lines().filter(|line| line.parse::<Uuid>().is_ok()).count(), 10, "{}", model.id());
    }
}

#[test]
fn a_root_that_is_not_trusted_and_a_name_that_does_not_match_are_refused() {
    let server = TlsServer::start(&["localhost"]);
    let url = format!("https://localhost:{}", server.port);
    for model in fanout_models::ROSTER {
        let (code, out, err) = fetch(model.id(), &url, None);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{}: {err}", model.id());
        assert!(err.contains("certificate"), "{}: {err}", model.id());
    }
    let other_name = format!("https://127.0.0.1:{}", server.port);
    let (code, _, err) = fetch("rayon", &other_name, Some(&server.root()));
    assert_eq!(code, Some(1));
    assert!(err.contains("not valid for name"), "{err}");
}

#[test]
fn a_file_of_roots_without_a_certificate_is_refused_before_the_first_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    std::fs::write(&file, "no certificate here").unwrap();
    let (code, _, err) = fetch("rayon", "https://localhost:1", Some(Path::new(&file).to_str().unwrap()));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("certificate"), "{err}");
}
