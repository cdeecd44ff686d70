//! The compio runtime, for hyper.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use compio::net::TcpStream;
use compio::time::timeout;
use compio::tls::TlsConnector;
use cyper_core::HyperStream;
use fanout_clients::hyper::Runtime;
use fanout_clients::{handshake, tls};
use fanout_model::{RequestError, Settings, SetupError, Url};

/// The compio runtime in which the client is used. It must stay on its thread.
#[derive(Clone, Debug)]
pub struct CompioRuntime(TlsConnector);

impl CompioRuntime {
    /// A runtime that uses TLS as these settings say.
    ///
    /// # Errors
    /// [`SetupError::Client`] if the certificate roots cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        tls::config(&settings.roots, settings.protocol).map(|config| Self(config.into()))
    }
}

impl Runtime for CompioRuntime {
    type Tcp = TcpStream;
    /// It can be sent to another thread as far as types go, and panics if it is used there.
    type Io = HyperStream<TcpStream>;

    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn secure(&self, stream: TcpStream, url: &Url) -> Result<Self::Io, RequestError> {
        let refused = |error: io::Error| {
            handshake::failure(&error, url).unwrap_or_else(|| RequestError::Connect(error.to_string()))
        };
        if url.scheme() != "https" {
            return Ok(HyperStream::new_plain(stream));
        }
        // An error about the name, if the host is no valid one, is the same as in the other clients.
        tls::server_name(url).map_err(RequestError::Connect)?;
        let (host, _) = tls::host_and_port(url);
        self.0.connect(&host, stream).await.map(HyperStream::new_tls).map_err(refused)
    }

    async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        timeout(limit, future).await.ok()
    }
}
