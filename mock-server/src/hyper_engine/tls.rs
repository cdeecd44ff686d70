//! TLS with a root that is made at the start. The root signs one certificate for this server's address, and its key
//! is then dropped.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The first byte of a TLS connection: a record of type "handshake" (RFC 8446, section 5.1). HTTP never begins with
/// it.
const HANDSHAKE: u8 = 22;

/// Accepts TLS connections.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    root_pem: String,
}

impl Tls {
    pub(super) fn new(address: IpAddr) -> anyhow::Result<Self> {
        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::new([])?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key)?.pem();
        let key = KeyPair::generate()?;
        let certificate =
            CertificateParams::new([address.to_string()])?.signed_by(&key, &Issuer::new(root, root_key))?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let chain = vec![certificate.der().clone()];
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).context("its own certificate")?;
        config.alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), root_pem })
    }

    /// The root, in PEM.
    pub(super) fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Whether a connection begins with a TLS record.
    pub(super) async fn is_spoken_on(&self, stream: &TcpStream) -> bool {
        let mut first = [0];
        stream.peek(&mut first).await.is_ok_and(|n| n == 1 && first[0] == HANDSHAKE)
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}
