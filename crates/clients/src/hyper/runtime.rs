//! What hyper needs from a runtime. Models on different runtimes share one client through this trait.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::{Read, Write};
use rustls::pki_types::ServerName;

/// A runtime: it opens connections and measures time.
pub trait Runtime {
    /// A TCP connection.
    type Tcp;

    /// A connection, with TLS or without.
    type Io: Read + Write + Unpin + Send + 'static;

    /// A wait for some time, whatever it returns.
    type Sleep: Future;

    /// Opens a TCP connection with `TCP_NODELAY`.
    fn open(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Tcp>>;

    /// Makes a connection without TLS.
    fn plain(&self, tcp: Self::Tcp) -> Self::Io;

    /// Makes a connection with TLS to a server whose certificate must have this name.
    fn secure(&self, tcp: Self::Tcp, name: ServerName<'static>) -> impl Future<Output = io::Result<Self::Io>>;

    /// Begins to wait for this long.
    fn sleep(&self, time: Duration) -> Self::Sleep;

    /// Runs a future with a time limit; `None` if it took longer.
    fn within<F: Future>(&self, limit: Duration, future: F) -> impl Future<Output = Option<F::Output>> {
        async move {
            let (mut future, mut late) = (pin!(future), pin!(self.sleep(limit)));
            poll_fn(|context| match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending => late.as_mut().poll(context).map(|_| None),
            })
            .await
        }
    }
}
