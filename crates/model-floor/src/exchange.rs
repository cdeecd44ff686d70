//! The request of one exchange: its destination and its bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use fanout_model::names::{self, Hosts};
use fanout_model::{Protocol, Request, RequestError, Settings, dial};

/// The destination of a request, and its bytes.
#[derive(Debug)]
pub struct Exchange {
    /// The addresses of the host, in the order in which they are tried. There is one at least.
    pub addresses: Vec<SocketAddr>,
    /// The request itself, which says how its answer is checked.
    pub request: Request,
    /// What is sent: the head and the body.
    pub bytes: Vec<u8>,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
}

/// The exchanges of a control arm. Each of them is written once, and kept.
#[derive(Debug)]
pub struct Exchanges {
    hosts: Hosts,
    known: HashMap<Request, Arc<Exchange>>,
    keep_alive: bool,
}

impl Exchanges {
    /// No exchanges yet, of a control arm with these settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let keep_alive = settings.protocol == Protocol::KeepAlive;
        Self { hosts: Hosts::default(), known: HashMap::new(), keep_alive }
    }

    /// Looks up the hosts of these requests, so many at a time, each for as long as `settings` allow a request.
    pub fn look_up(&mut self, requests: &[Request], settings: &Settings) {
        self.hosts.look_up(requests, settings.concurrency.get(), settings.timeout);
    }

    /// Returns the exchange of a request, whose host was looked up.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if the control arms cannot make the request, and the reason why its host has no
    /// address.
    pub fn of(&mut self, request: &Request) -> Result<Arc<Exchange>, RequestError> {
        if let Some(known) = self.known.get(request) {
            return Ok(Arc::clone(known));
        }
        let exchange = Arc::new(Exchange::new(request, &self.hosts, self.keep_alive)?);
        self.known.insert(request.clone(), Arc::clone(&exchange));
        Ok(exchange)
    }
}

impl Exchange {
    /// Writes the request; `hosts` has the destination, unless the URL contains an address.
    fn new(request: &Request, hosts: &Hosts, keep_alive: bool) -> Result<Self, RequestError> {
        let url = request.url();
        if url.scheme() != "http" {
            let reason = format!("the floor speaks plain http only, not {}", url.scheme());
            return Err(RequestError::Invalid(reason));
        }
        let addresses = match names::address(url) {
            Some(address) => vec![address],
            None => dial::interleaved(hosts.addresses(url)?.to_vec()),
        };
        if addresses.is_empty() {
            return Err(RequestError::Connect("the host has no address".into()));
        }
        let mut bytes = format!("{} {} HTTP/1.1\r\nhost: ", request.method(), request.path()).into_bytes();
        bytes.extend_from_slice(request.authority().as_bytes());
        for (name, value) in request.headers() {
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
        }
        let close: &[u8] = if keep_alive { b"\r\n\r\n" } else { b"\r\nconnection: close\r\n\r\n" };
        bytes.extend_from_slice(close);
        bytes.extend_from_slice(request.body());
        Ok(Self { addresses, request: request.clone(), bytes, keep_alive })
    }
}
