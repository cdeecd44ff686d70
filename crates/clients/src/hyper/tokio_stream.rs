//! A connection on tokio, with TLS where the URL asks for it.

use std::sync::Arc;

use fanout_model::{RequestError, Settings, SetupError, Url};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{innermost, tls};

/// Either kind of stream. Boxed, since what it carries costs far more than a virtual call.
pub(super) type Io = TokioIo<Box<dyn Stream>>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Opens connections with the equal settings.
#[derive(Clone, Debug)]
pub(super) struct Connector(Arc<ClientConfig>);

impl Connector {
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        tls::config(&settings.roots, settings.protocol).map(Self)
    }

    pub(super) async fn connect(&self, url: &Url) -> Result<Io, RequestError> {
        let refused = |error: std::io::Error| RequestError::Connect(innermost(&error));
        let port = url.port_or_known_default().unwrap_or_default();
        let stream = TcpStream::connect((tls::host(url).as_str(), port)).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        if url.scheme() != "https" {
            return Ok(TokioIo::new(Box::new(stream)));
        }
        let name = tls::server_name(url).map_err(RequestError::Connect)?;
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await.map_err(refused)?;
        Ok(TokioIo::new(Box::new(stream)))
    }
}
