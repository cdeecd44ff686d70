//! Looks names up as the other clients do, and connects to the first address that answers.
//!
//! ureq by itself looks a host up before every request, even if a connection to it is idle. If a timeout is set, it
//! starts a thread for that, even for an IP address (ureq 3.5, `unversioned/resolver.rs`). That thread was most of
//! the cost of a request. To a host with several addresses, it gives most of the time to the first one.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use fanout_model::{Url, dial, names};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport};

/// The most addresses that ureq takes.
const MOST: usize = 16;

/// Looks a host up with [`names::look_up`].
#[derive(Debug, Default)]
pub(super) struct Shared;

impl Resolver for Shared {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let url: Url = uri.to_string().parse().map_err(|_| Error::HostNotFound)?;
        let mut addresses = self.empty();
        let found = match names::address(&url) {
            Some(address) => vec![address],
            None => look_up(&url, timeout)?,
        };
        dial::interleaved(found).into_iter().take(MOST).for_each(|address| addresses.push(address));
        Ok(addresses)
    }
}

fn look_up(url: &Url, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
    let (found, addresses) = channel();
    let (host, port) = crate::tls::host_and_port(url);
    // If the request has timed out, the receiver has been dropped.
    names::look_up(&host, port, move |addresses| drop(found.send(addresses)))?;
    match addresses.recv_timeout(*timeout.after) {
        Ok(addresses) => Ok(addresses?),
        Err(RecvTimeoutError::Timeout) => Err(Error::Timeout(timeout.reason)),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Error::Io(io::Error::other("the thread that looked the host up has died")))
        }
    }
}

/// Connects to the first address that answers: see [`dial::in_turn`].
#[derive(Debug, Default)]
pub(super) struct Dial(TcpConnector);

impl<In: Transport> Connector<In> for Dial {
    type Out = <TcpConnector as Connector<In>>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if chained.is_some() || details.addrs.len() < 2 {
            return self.0.connect(details, chained);
        }
        let attempt = |address, time: Duration| {
            let mut addrs = details.resolver.empty();
            addrs.push(address);
            let timeout = NextTimeout { after: time.into(), ..details.timeout };
            let ConnectionDetails { uri, config, request_level, resolver, now, .. } = *details;
            let (current_time, run_connector) = (details.current_time.clone(), details.run_connector.clone());
            let register_shutdown = details.register_shutdown.clone();
            let one = ConnectionDetails {
                uri,
                addrs,
                config,
                request_level,
                resolver,
                now,
                timeout,
                current_time,
                run_connector,
                register_shutdown,
            };
            self.0.connect(&one, None)
        };
        let is_silence = |error: &Error| matches!(error, Error::Timeout(_));
        let connected = dial::in_turn(&details.addrs, *details.timeout.after, attempt, is_silence);
        connected.unwrap_or(Err(Error::HostNotFound))
    }
}
