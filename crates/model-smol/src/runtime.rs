//! smol as hyper's runtime.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use fanout_clients::hyper::Runtime;
use fanout_clients::tls;
use fanout_model::{RequestError, Settings, SetupError, Url};
use futures_rustls::TlsConnector;
use rustls::ClientConfig;
use smol::Executor;
use smol::future::or;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;

/// smol, with the executor that drives connections.
#[derive(Clone, Debug)]
pub struct SmolRuntime {
    executor: Arc<Executor<'static>>,
    tls: Arc<ClientConfig>,
}

/// TCP or TLS. Boxed, since what it carries costs far more than a virtual call.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl SmolRuntime {
    /// On this executor, which somebody must run, with the TLS of these settings.
    ///
    /// # Errors
    /// [`SetupError::Client`] where certificate roots cannot be read.
    pub fn new(executor: Arc<Executor<'static>>, settings: &Settings) -> Result<Self, SetupError> {
        Ok(Self { executor, tls: tls::config(&settings.roots, settings.protocol)? })
    }
}

impl Runtime for SmolRuntime {
    type Io = FuturesIo<Box<dyn Stream>>;

    async fn connect(&self, url: &Url) -> Result<Self::Io, RequestError> {
        let refused = |error: io::Error| RequestError::Connect(error.to_string());
        let stream = TcpStream::connect(tls::host_and_port(url)).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        if url.scheme() != "https" {
            return Ok(FuturesIo::new(Box::new(stream)));
        }
        let name = tls::server_name(url).map_err(RequestError::Connect)?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.map_err(refused)?;
        Ok(FuturesIo::new(Box::new(stream)))
    }

    fn spawn(&self, driver: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(driver).detach();
    }

    async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let late = async {
            smol::Timer::after(limit).await;
            None
        };
        or(async { Some(future.await) }, late).await
    }
}
