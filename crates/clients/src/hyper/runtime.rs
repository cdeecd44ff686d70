//! What hyper needs from a runtime. Models on different runtimes share one client through this trait.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use fanout_model::{RequestError, Url};
use hyper::rt::{Read, Write};

/// A runtime: it opens connections and measures time.
pub trait Runtime {
    /// A TCP connection.
    type Tcp;

    /// A connection, with TLS or without.
    type Io: Read + Write + Unpin + Send + 'static;

    /// Opens a TCP connection with `TCP_NODELAY`.
    fn open(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Tcp>>;

    /// Makes a TCP connection one for requests to this URL, with TLS if it is https.
    fn secure(&self, tcp: Self::Tcp, url: &Url) -> impl Future<Output = Result<Self::Io, RequestError>>;

    /// Runs a future with a time limit; `None` if it took longer.
    fn within<F: Future>(&self, limit: Duration, future: F) -> impl Future<Output = Option<F::Output>>;
}
