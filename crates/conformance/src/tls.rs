//! A TLS server on loopback with a private root, answering as `/fresh` of [`crate::server`] does.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use fanout_model::Uuid;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// A root made for this test, and a server for `names` whose certificate it signed.
pub struct TlsServer {
    _folder: TempDir,
    root_file: String,
    port: u16,
}

impl TlsServer {
    /// Makes a root and a certificate for `names`, and listens on a free port of loopback.
    ///
    /// # Errors
    /// Where keys, files or a port cannot be had.
    pub fn start(names: &[&str]) -> anyhow::Result<Self> {
        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::new([])?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key)?;
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names)?.signed_by(&key, &Issuer::new(root, root_key))?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("root.pem"), root_certificate.pem())?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let config = Arc::new(config);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let Ok(tls) = ServerConnection::new(Arc::clone(&config)) else { return };
                // A client that refuses the certificate ends its thread, as it should.
                thread::spawn(move || answer_all(StreamOwned::new(tls, socket)));
            }
        });
        Ok(Self { root_file: folder.path().join("root.pem").display().to_string(), _folder: folder, port })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file that holds the root, in PEM; it lives as long as this.
    #[must_use]
    pub fn root_file(&self) -> &str {
        &self.root_file
    }
}

fn answer_all(stream: impl Read + Write) -> io::Result<()> {
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
