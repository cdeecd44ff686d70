//! What hyper needs of a runtime, so that models on different runtimes share one client.

use std::time::Duration;

use fanout_model::{RequestError, Url};
use hyper::rt::{Read, Write};

/// A runtime: connections and time.
pub trait Runtime {
    /// A connection.
    type Io: Read + Write + Unpin + Send + 'static;

    /// Connects to a URL's host, with `TCP_NODELAY`, and with TLS where the URL asks for it.
    fn connect(&self, url: &Url) -> impl Future<Output = Result<Self::Io, RequestError>>;

    /// Gives a future so much time; `None` where that was not enough.
    fn within<F: Future>(&self, limit: Duration, future: F) -> impl Future<Output = Option<F::Output>>;
}
