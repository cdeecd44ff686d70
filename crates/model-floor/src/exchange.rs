//! The request of one exchange: its destination and its bytes.

use std::net::SocketAddr;

use fanout_model::names::{self, Hosts};
use fanout_model::{RequestError, Url, dial};

/// The destination of a request, and its bytes.
pub(crate) struct Exchange {
    /// The addresses of the host, in the order in which they are tried. There is one at least.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) request: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Exchange {
    /// Writes the request; `hosts` has the destination, unless the URL contains an address.
    pub(crate) fn new(url: &Url, hosts: &Hosts, keep_alive: bool) -> Result<Self, RequestError> {
        if url.scheme() != "http" {
            let reason = format!("the floor speaks plain http only, not {}", url.scheme());
            return Err(RequestError::Connect(reason));
        }
        let addresses = match names::address(url) {
            Some(address) => vec![address],
            None => dial::interleaved(hosts.addresses(url)?.to_vec()),
        };
        if addresses.is_empty() {
            return Err(RequestError::Connect("the host has no address".into()));
        }
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let close = if keep_alive { "" } else { "connection: close\r\n" };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n{close}\r\n").into_bytes();
        Ok(Self { addresses, request, keep_alive })
    }
}
