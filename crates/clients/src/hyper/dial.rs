//! Connects to the first address of a host that answers, on any [`Runtime`].

use std::io;
use std::net::SocketAddr;

use fanout_model::{RequestError, Url, dial, names};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::oneshot;

use super::Runtime;
use crate::{handshake, tls};

/// Connects to a URL's host, with TLS if the URL is https.
pub(super) async fn connect<R: Runtime>(runtime: &R, url: &Url) -> Result<R::Io, RequestError> {
    let refused = |error: io::Error| RequestError::Connect(crate::innermost(&error));
    let addresses = addresses(url).await.map_err(refused)?;
    let tcp = first_to_answer(runtime, addresses).await.map_err(refused)?;
    if url.scheme() != "https" {
        return Ok(runtime.plain(tcp));
    }
    let name = tls::server_name(url).map_err(RequestError::Connect)?;
    let secured = runtime.secure(tcp, name).await;
    secured.map_err(|error| handshake::failure(&error, url).unwrap_or_else(|| refused(error)))
}

async fn addresses(url: &Url) -> io::Result<Vec<SocketAddr>> {
    if let Some(address) = names::address(url) {
        return Ok(vec![address]);
    }
    let (found, addresses) = oneshot::channel();
    let (host, port) = tls::host_and_port(url);
    // If the request has timed out, the receiver has been dropped.
    names::look_up(&host, port, move |addresses| drop(found.send(addresses)))?;
    addresses.await.unwrap_or_else(|_| Err(io::Error::other("the thread that looked the host up has died")))
}

/// Begins with the next address when one fails, or has not answered after [`dial::ATTEMPT`]. The earlier attempts go
/// on meanwhile (RFC 8305, section 5).
async fn first_to_answer<R: Runtime>(runtime: &R, addresses: Vec<SocketAddr>) -> io::Result<R::Tcp> {
    let mut left = dial::interleaved(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    loop {
        match left.next() {
            Some(address) => attempts.push(runtime.open(address)),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let ended = if left.len() > 0 {
            runtime.within(dial::ATTEMPT, attempts.next()).await.flatten()
        } else {
            attempts.next().await
        };
        match ended {
            Some(Ok(tcp)) => return Ok(tcp),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
}
