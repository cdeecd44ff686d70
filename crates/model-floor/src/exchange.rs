//! The request of one exchange: its destination and its bytes.

use std::net::SocketAddr;

use fanout_model::names::{self, Hosts};
use fanout_model::{Request, RequestError, dial};

/// The destination of a request, and its bytes.
pub(crate) struct Exchange {
    /// The addresses of the host, in the order in which they are tried. There is one at least.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) request: Request,
    /// What is sent: the head and the body.
    pub(crate) bytes: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Exchange {
    /// Writes the request; `hosts` has the destination, unless the URL contains an address.
    pub(crate) fn new(request: &Request, hosts: &Hosts, keep_alive: bool) -> Result<Self, RequestError> {
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
