//! The smol runtime, for hyper.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fanout_clients::hyper::Runtime;
use fanout_clients::tls;
use fanout_model::{Settings, SetupError};
use futures_rustls::TlsConnector;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use smol::Timer;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;

/// The smol executor in which the client is used.
#[derive(Clone, Debug)]
pub struct SmolRuntime(Arc<ClientConfig>);

/// A TCP or TLS stream. It is boxed, because I/O costs far more than a virtual call.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl SmolRuntime {
    /// A runtime that uses TLS as these settings say.
    ///
    /// # Errors
    /// [`SetupError::Client`] if the certificate roots cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        tls::config(&settings.roots, settings.protocol).map(Self)
    }
}

impl Runtime for SmolRuntime {
    type Tcp = TcpStream;
    type Io = FuturesIo<Box<dyn Stream>>;
    type Sleep = Timer;

    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn plain(&self, stream: TcpStream) -> Self::Io {
        FuturesIo::new(Box::new(stream))
    }

    async fn secure(&self, stream: TcpStream, name: ServerName<'static>) -> io::Result<Self::Io> {
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?;
        Ok(FuturesIo::new(Box::new(stream)))
    }

    fn sleep(&self, time: Duration) -> Timer {
        Timer::after(time)
    }
}
