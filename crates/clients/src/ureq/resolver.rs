//! Looks each host up once, as the other clients do when they connect.
//!
//! ureq by itself looks a host up before every request, even if a connection to it is idle. If a timeout is set, it
//! starts a thread for that, even for an IP address (ureq 3.5, `unversioned/resolver.rs`). That thread was most of
//! the cost of a request.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

#[derive(Debug, Default)]
pub(super) struct Once {
    /// The key is the scheme, the host and the port, which together decide the addresses.
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl Resolver for Once {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = format!("{:?}://{:?}", uri.scheme(), uri.authority());
        // A thread that panicked here left the map unchanged.
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&host).cloned();
        if let Some(known) = known {
            let mut addresses = self.empty();
            known.into_iter().for_each(|address| addresses.push(address));
            return Ok(addresses);
        }
        let addresses = DefaultResolver::default().resolve(uri, config, timeout)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(host, addresses.to_vec());
        Ok(addresses)
    }
}
