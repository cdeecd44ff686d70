//! What hyper needs from a runtime. Models on different runtimes share one client through this trait.

use std::time::Duration;

use fanout_model::{RequestError, Url};
use hyper::rt::{Read, Write};

/// A runtime: it opens connections and measures time.
pub trait Runtime {
    /// A connection.
    type Io: Read + Write + Unpin + Send + 'static;

    /// Connects to a URL's host, with `TCP_NODELAY`, and with TLS if the URL is https.
    fn connect(&self, url: &Url) -> impl Future<Output = Result<Self::Io, RequestError>>;

    /// Runs a future with a time limit; `None` if it took longer.
    fn within<F: Future>(&self, limit: Duration, future: F) -> impl Future<Output = Option<F::Output>>;
}
