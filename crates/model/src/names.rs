//! Looks names up on separate threads, so that no caller has to wait for the answer. All clients of a process share
//! what was found.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use url::{Host, Position, Url};

use crate::{Request, RequestError};

/// The address in a URL whose host is one, so that it needs no look-up. A URL has an IPv6 address in brackets.
#[must_use]
pub fn address(url: &Url) -> Option<SocketAddr> {
    let port = url.port_or_known_default()?;
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((address, port).into()),
        Host::Ipv6(address) => Some((address, port).into()),
    }
}

/// For how long the addresses of a host are kept. A look-up does not say for how long they hold.
const KEPT: Duration = Duration::from_secs(60);

/// What is known of a host.
enum Known {
    /// The host's addresses, and since when they are known.
    Addresses(Vec<SocketAddr>, Instant),
    /// A thread is looking the host up, and passes the result to all of these.
    Asked(Vec<Found>),
}

type Found = Box<dyn FnOnce(io::Result<Vec<SocketAddr>>) + Send>;

/// All hosts of this process, by name, so that all clients look names up equally often.
static HOSTS: LazyLock<Mutex<HashMap<String, Known>>> = LazyLock::new(Mutex::default);

fn hosts() -> MutexGuard<'static, HashMap<String, Known>> {
    // A thread that panicked left a valid map, because an insertion is never half done.
    HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks a host up and passes the result to `found`: at once, if the host was looked up less than a minute ago, and
/// otherwise on a separate thread. Requests that ask for a host at the same time share one look-up. A host that was
/// not found is looked up again when it is asked for again.
///
/// A look-up cannot be interrupted (getaddrinfo(3)). A caller that stops waiting leaves the thread behind. The thread
/// ends when the system gives up, after the time that resolv.conf(5) sets: by default, ten seconds for each name
/// server. This does not use the threads of a tokio runtime, because dropping the runtime would wait for them.
///
/// # Errors
/// If the system refuses the thread.
pub fn look_up<F>(host: &str, port: u16, found: F) -> io::Result<()>
where
    F: FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
{
    let with_port = move |addresses: Vec<SocketAddr>| {
        addresses.into_iter().map(|address| SocketAddr::new(address.ip(), port)).collect()
    };
    let mut hosts = hosts();
    match hosts.get_mut(host) {
        Some(Known::Addresses(addresses, since)) if since.elapsed() < KEPT => {
            let addresses = addresses.clone();
            drop(hosts);
            found(Ok(with_port(addresses)));
        }
        Some(Known::Asked(waiting)) => waiting.push(Box::new(move |addresses| found(addresses.map(with_port)))),
        _ => {
            let host = host.to_owned();
            hosts
                .insert(host.clone(), Known::Asked(vec![Box::new(move |addresses| found(addresses.map(with_port)))]));
            drop(hosts);
            let key = host.clone();
            let work = move || answer(&host, (asked_for(&host), 0).to_socket_addrs().map(Iterator::collect));
            if let Err(error) = Builder::new().name("look-up".into()).spawn(work) {
                self::hosts().remove(&key);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Returns whether a host's name is `localhost` or a name under it, with or without the dot that ends a whole name.
/// They all mean this machine (RFC 6761, section 6.3).
#[must_use]
pub fn is_localhost(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost")
}

/// Returns the name that the system is asked for. Many systems only know the plain `localhost`, and would ask a name
/// server for the other names of this machine.
fn asked_for(host: &str) -> &str {
    if is_localhost(host) { "localhost" } else { host }
}

/// Passes the result of a look-up to everybody who waits for it, and keeps the addresses if there are any.
fn answer(host: &str, result: io::Result<Vec<SocketAddr>>) {
    let known = match &result {
        Ok(addresses) => hosts().insert(host.to_owned(), Known::Addresses(addresses.clone(), Instant::now())),
        Err(_) => hosts().remove(host),
    };
    let Some(Known::Asked(waiting)) = known else { return };
    for found in waiting {
        found(match &result {
            Ok(addresses) => Ok(addresses.clone()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        });
    }
}

/// The hosts that were looked up, by name and port as URLs have them. It is for event loops that a look-up would
/// block.
#[derive(Debug, Default)]
pub struct Hosts(HashMap<String, Result<Vec<SocketAddr>, RequestError>>);

impl Hosts {
    /// Looks up the hosts of a batch that are not known yet, `at_a_time` at once, and waits for each until `timeout`
    /// at most. A host that was not found for an earlier batch is looked up again.
    ///
    /// It blocks the calling thread. Call it before the first request, when no other request is in flight and delayed
    /// by it.
    pub fn look_up(&mut self, requests: &[Request], at_a_time: usize, timeout: Duration) {
        self.0.retain(|_, known| known.is_ok());
        let named = requests.iter().map(Request::url).filter(|url| address(url).is_none());
        let unknown = named.filter(|url| !self.0.contains_key(authority(url)));
        // One URL for each host.
        let unknown: HashMap<&str, &Url> = unknown.map(|url| (authority(url), url)).collect();
        let unknown: Vec<&Url> = unknown.into_values().collect();
        unknown.chunks(at_a_time.max(1)).for_each(|some| self.look_up_at_once(some, timeout));
    }

    fn look_up_at_once(&mut self, urls: &[&Url], timeout: Duration) {
        let (since, (found, answers)) = (Instant::now(), channel());
        for url in urls {
            let host = authority(url).to_owned();
            self.0.insert(host.clone(), Err(RequestError::Timeout));
            let (name, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
            let (found, key) = (found.clone(), host.clone());
            // If the answer comes too late, the receiver has been dropped.
            let started = look_up(name, port, move |addresses| drop(found.send((key, addresses))));
            if let Err(error) = started {
                self.0.insert(host, Err(RequestError::Connect(error.to_string())));
            }
        }
        drop(found);
        while let Ok((host, addresses)) = answers.recv_timeout(timeout.saturating_sub(since.elapsed())) {
            self.0.insert(host, addresses.map_err(|error| RequestError::Connect(error.to_string())));
        }
    }

    /// The addresses of a URL's host.
    ///
    /// # Errors
    /// [`RequestError::Timeout`] if the look-up took too long, and otherwise [`RequestError::Connect`] with the
    /// system's message.
    pub fn addresses(&self, url: &Url) -> Result<&[SocketAddr], RequestError> {
        match self.0.get(authority(url)) {
            Some(Ok(addresses)) => Ok(addresses),
            Some(Err(error)) => Err(error.clone()),
            None => Err(RequestError::Connect("the host was not looked up".into())),
        }
    }
}

fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_looked_up_once_and_an_address_is_not() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let urls = ["http://localhost:81/a", "http://localhost:81/b", "http://[::1]:82/"].map(url);
        assert_eq!(address(&urls[2]), Some("[::1]:82".parse().unwrap()));
        assert_eq!(address(&urls[0]), None);
        let mut hosts = Hosts::default();
        let requests = urls.clone().map(|url| Request::get(url).unwrap());
        hosts.look_up(&requests, 4, Duration::from_secs(60));
        let found = hosts.addresses(&urls[1]).unwrap();
        assert!(!found.is_empty() && found.iter().all(|found| found.ip().is_loopback() && found.port() == 81));
        assert_eq!(hosts.0.len(), 1);
        // With a timeout of zero, no look-up of a name that is not known yet can succeed.
        super::hosts().remove("localhost");
        let other = url("http://localhost:83/");
        let asks = [Request::get(other.clone()).unwrap()];
        hosts.look_up(&asks, 4, Duration::ZERO);
        assert_eq!(hosts.addresses(&other), Err(RequestError::Timeout));
        hosts.look_up(&asks, 4, Duration::from_secs(60));
        assert!(hosts.addresses(&other).is_ok());
    }

    #[test]
    fn localhost_with_its_final_dot_and_the_names_under_it_are_this_machine() {
        for host in ["localhost.", "api.localhost", "api.localhost."] {
            let (found, answers) = channel();
            look_up(host, 84, move |it| found.send(it).unwrap()).unwrap();
            let addresses = answers.recv().unwrap().unwrap();
            assert!(addresses.iter().all(|it| it.ip().is_loopback() && it.port() == 84), "{addresses:?}");
        }
        assert_eq!(asked_for("notlocalhost."), "notlocalhost.");
    }

    #[test]
    fn those_who_ask_at_the_same_time_and_later_share_one_look_up_and_each_has_its_port() {
        let (found, answers) = channel();
        let ask = |port| {
            let found = found.clone();
            look_up("ip6-localhost.or-none.invalid", port, move |it| found.send(it).unwrap()).unwrap();
        };
        // Nobody has this name, so that it is looked up again, and is forgotten each time.
        (0..3).for_each(ask);
        (0..3).for_each(|_| assert!(answers.recv_timeout(Duration::from_secs(60)).unwrap().is_err()));
        assert!(!hosts().contains_key("ip6-localhost.or-none.invalid"));
        hosts()
            .insert("known.invalid".into(), Known::Addresses(vec!["127.0.0.9:0".parse().unwrap()], Instant::now()));
        look_up("known.invalid", 7, move |it| found.send(it).unwrap()).unwrap();
        assert_eq!(answers.recv().unwrap().unwrap(), ["127.0.0.9:7".parse().unwrap()]);
    }
}
