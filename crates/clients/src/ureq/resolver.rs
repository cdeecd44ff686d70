//! Names are looked up once for each host, as the other clients do when they connect.
//!
//! ureq looks a host up before every request, also when a connection to it is idle; and where a timeout is set, it
//! starts a thread for that (ureq 3.5, `unversioned/resolver.rs`), also for an address. The thread was most of a
//! request's cost.

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
    /// By scheme, host and port, which together decide the addresses.
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl Resolver for Once {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = format!("{:?}://{:?}", uri.scheme(), uri.authority());
        // Whoever panicked here left the map as it was.
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
