//! TLS with a certificate that is made at the start, for the names of this server.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::certificate::certified_for;

/// The first byte of a TLS connection: a record of type "handshake" (RFC 8446, section 5.1). HTTP never begins with
/// it.
const HANDSHAKE: u8 = 22;

/// Accepts TLS connections.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    root_pem: String,
}

impl Tls {
    /// Makes a root and a certificate for these names. `protocols` are those that it offers by ALPN (RFC 7301).
    pub(crate) fn new(names: &[String], protocols: &[&str]) -> anyhow::Result<Self> {
        let mut certified = certified_for(names)?;
        certified.config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(certified.config)), root_pem: certified.root_pem })
    }

    /// The root, in PEM.
    pub(crate) fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Whether a connection begins with a TLS record.
    pub(crate) async fn is_spoken_on(&self, stream: &TcpStream) -> bool {
        let mut first = [0];
        stream.peek(&mut first).await.is_ok_and(|n| n == 1 && first[0] == HANDSHAKE)
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}
