//! The tokio runtime, for hyper.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fanout_model::{Settings, SetupError};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::TlsConnector;

use super::Runtime;
use crate::tls;

/// The tokio runtime in which the client is used.
#[derive(Clone, Debug)]
pub struct Tokio(Arc<ClientConfig>);

/// A TCP or TLS stream. It is boxed, because I/O costs far more than a virtual call.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Tokio {
    /// A runtime that uses TLS as these settings say.
    ///
    /// # Errors
    /// [`SetupError::Client`] if the certificate roots cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        tls::config(&settings.roots, settings.protocol).map(Self)
    }
}

impl Runtime for Tokio {
    type Tcp = TcpStream;
    type Io = TokioIo<Box<dyn Stream>>;
    type Sleep = Sleep;

    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn plain(&self, stream: TcpStream) -> Self::Io {
        TokioIo::new(Box::new(stream))
    }

    async fn secure(&self, stream: TcpStream, name: ServerName<'static>) -> io::Result<Self::Io> {
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?;
        Ok(TokioIo::new(Box::new(stream)))
    }

    fn sleep(&self, time: Duration) -> Sleep {
        sleep(time)
    }
}
