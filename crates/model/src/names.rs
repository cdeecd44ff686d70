//! Looking up names, so that nobody has to wait for the answer.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread::Builder;

use url::{Host, Url};

/// The address in a URL that holds one, and needs no look-up. An address of IPv6 has brackets there.
#[must_use]
pub fn address(url: &Url) -> Option<SocketAddr> {
    let port = url.port_or_known_default()?;
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((address, port).into()),
        Host::Ipv6(address) => Some((address, port).into()),
    }
}

/// Looks a host up on a thread of its own, which hands what it found to `found`.
///
/// A look-up cannot be cut short (getaddrinfo(3)). Whoever stops waiting leaves the thread behind; it ends when the system
/// gives up, which takes as long as resolv.conf(5) says: ten seconds for each name server, unless it says otherwise. The
/// threads of a tokio runtime would be waited for when the runtime is dropped.
///
/// # Errors
/// Where the system refuses the thread.
pub fn look_up<F>(host: &str, port: u16, found: F) -> io::Result<()>
where
    F: FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
{
    let host = host.to_owned();
    let work = move || found((host.as_str(), port).to_socket_addrs().map(Iterator::collect));
    Builder::new().name("look-up".into()).spawn(work).map(drop)
}
