//! The request of one exchange: where it goes, and its bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use fanout_model::{RequestError, Url, names};

/// Where a request goes and its bytes.
pub(crate) struct Exchange {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Exchange {
    /// Writes the request; `hosts` says where it goes, unless the URL does.
    pub(crate) fn new(url: &Url, hosts: &Hosts, keep_alive: bool) -> Result<Self, RequestError> {
        if url.scheme() != "http" {
            let reason = format!("the floor speaks plain http only, not {}", url.scheme());
            return Err(RequestError::Connect(reason));
        }
        let address = names::address(url).map_or_else(|| hosts.address(url), Ok)?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = authority(url);
        let close = if keep_alive { "" } else { "connection: close\r\n" };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n{close}\r\n").into_bytes();
        Ok(Self { address, request, keep_alive })
    }
}

fn authority(url: &Url) -> &str {
    &url[url::Position::BeforeHost..url::Position::AfterPort]
}

/// The hosts that were looked up, by name and port as URLs have them. A host that was not found is looked up again for
/// the next batch.
#[derive(Default)]
pub(crate) struct Hosts(HashMap<String, Result<SocketAddr, RequestError>>);

impl Hosts {
    /// Looks up the hosts of a batch that are not known yet, so many at a time, and waits so long at most for each of
    /// them. Nothing is in flight meanwhile that could suffer.
    pub(crate) fn look_up(&mut self, urls: &[Url], at_a_time: usize, timeout: Duration) {
        self.0.retain(|_, known| known.is_ok());
        let named = urls.iter().filter(|url| names::address(url).is_none());
        let unknown = named.filter(|url| !self.0.contains_key(authority(url)));
        // One URL for each.
        let unknown: HashMap<&str, &Url> = unknown.map(|url| (authority(url), url)).collect();
        let unknown: Vec<&Url> = unknown.into_values().collect();
        unknown.chunks(at_a_time).for_each(|some| self.look_up_at_once(some, timeout));
    }

    fn look_up_at_once(&mut self, urls: &[&Url], timeout: Duration) {
        let (since, (found, answers)) = (Instant::now(), channel());
        for url in urls {
            let host = authority(url).to_owned();
            self.0.insert(host.clone(), Err(RequestError::Timeout));
            let (name, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
            let (found, key) = (found.clone(), host.clone());
            // Nobody listens any more to an answer that comes too late.
            let started = names::look_up(name, port, move |addresses| drop(found.send((key, addresses))));
            if let Err(error) = started {
                self.0.insert(host, Err(RequestError::Connect(error.to_string())));
            }
        }
        drop(found);
        while let Ok((host, addresses)) = answers.recv_timeout(timeout.saturating_sub(since.elapsed())) {
            let first = addresses.map(|addresses| addresses.first().copied());
            self.0.insert(
                host,
                match first {
                    Ok(address) => address.ok_or_else(|| RequestError::Connect("the host has no address".into())),
                    Err(error) => Err(RequestError::Connect(error.to_string())),
                },
            );
        }
    }

    fn address(&self, url: &Url) -> Result<SocketAddr, RequestError> {
        let never = || Err(RequestError::Connect("the host was not looked up".into()));
        self.0.get(authority(url)).cloned().unwrap_or_else(never)
    }
}
