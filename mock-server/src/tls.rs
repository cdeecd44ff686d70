//! TLS with a certificate that is made at the start, for this server's address.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::certificate::certified;

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
        let mut certified = certified(address)?;
        certified.config.alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(certified.config)), root_pem: certified.root_pem })
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
