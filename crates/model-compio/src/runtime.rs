//! The compio runtime, for hyper.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use compio::net::TcpStream;
use compio::time::sleep;
use compio::tls::TlsConnector;
use cyper_core::HyperStream;
use fanout_clients::hyper::Runtime;
use fanout_clients::tls;
use fanout_model::{Settings, SetupError};
use rustls::pki_types::ServerName;

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
    type Sleep = Pin<Box<dyn Future<Output = ()>>>;

    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn plain(&self, stream: TcpStream) -> Self::Io {
        HyperStream::new_plain(stream)
    }

    async fn secure(&self, stream: TcpStream, name: ServerName<'static>) -> io::Result<Self::Io> {
        self.0.connect(&name.to_str(), stream).await.map(HyperStream::new_tls)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        Box::pin(sleep(time))
    }
}
