//! What the link does to real traffic: round trips of TCP, TLS and HTTP, loss, its seed, and the rate.
//!
//! These tests need root, iproute2 and TUN devices. Where one of them is missing, they are skipped with the reason.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fanout_netlab::{CLIENT, Lab, Link, Loss, SERVER};
use mock_server::{Config, Engine, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A deadline against hanging, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Makes a lab, or says why there is none.
fn lab(link: &Link) -> Option<Lab> {
    if let Err(why) = Lab::available() {
        fanout_needs::skip("netlab", &why.to_string()).unwrap();
        return None;
    }
    Some(Lab::new(link).unwrap())
}

/// Half of the values are smaller.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Does something several times, each time from a fresh state, and returns how many round trips it took.
fn round_trips<T>(rtt: Duration, fresh: impl Fn() -> T, mut act: impl FnMut(&mut T)) -> f64 {
    let once = || {
        let mut state = fresh();
        let begun = Instant::now();
        act(&mut state);
        begun.elapsed().as_secs_f64() / rtt.as_secs_f64()
    };
    median(std::iter::repeat_with(once).take(9).collect())
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Sends a request and reads its answer, which has a body of a known length.
fn request(stream: &mut (impl Read + Write)) {
    stream.write_all(b"GET /uuid HTTP/1.1\r\nHost: lab\r\n\r\n").unwrap();
    stream.flush().unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.ends_with(b"}") && !answer.ends_with(b"}\n") {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "the connection ended after {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..length]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn connections_requests_and_handshakes_take_their_round_trips() {
    let rtt = Duration::from_millis(20);
    let Some(lab) = lab(&Link::new(rtt)) else { return };
    let address = SocketAddr::new(SERVER.into(), 0);
    let config = Config { address, engine: Engine::Hyper, tls: true, ..Config::default() };
    // The server keeps the sockets that it opens in the namespace.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = lab.server().run(|| runtime.block_on(Server::start(config)).unwrap()).unwrap();
    let to: SocketAddr = server.url().split_once("//").unwrap().1.parse().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.root_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    let tls = Arc::new(tls.with_root_certificates(roots).with_no_client_auth());
    let secured = || ClientConnection::new(Arc::clone(&tls), ServerName::from(to.ip())).unwrap();

    let measured = lab.client().run(|| {
        let connected = || {
            let mut stream = connect(to);
            request(&mut stream);
            stream
        };
        [
            (1.0, "connecting", round_trips(rtt, || (), |()| drop(connect(to)))),
            (2.0, "a request on a new connection", round_trips(rtt, || (), |()| request(&mut connect(to)))),
            (1.0, "a request on an open connection", round_trips(rtt, connected, request)),
            (
                2.0,
                "connecting with TLS",
                round_trips(rtt, secured, |session| assert!(session.complete_io(&mut connect(to)).is_ok())),
            ),
            (
                3.0,
                "a request on a new connection with TLS",
                round_trips(
                    rtt,
                    || Some(secured()),
                    |session| request(&mut StreamOwned::new(session.take().unwrap(), connect(to))),
                ),
            ),
        ]
    });
    for (expected, what, took) in measured.unwrap() {
        println!("{what}: {took:.3} round trips");
        assert!((took / expected - 1.0).abs() < 0.1, "{what} took {took} round trips and not {expected}");
    }
}

/// Sends numbered datagrams from the client to the server, and returns the numbers of those that are missing.
fn missing(lab: &Lab, datagrams: u32) -> Vec<u32> {
    let bind = |address: Ipv4Addr| move || UdpSocket::bind((address, 0)).unwrap();
    let receiver = lab.server().run(bind(SERVER)).unwrap();
    let sender = lab.client().run(bind(CLIENT)).unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    receiver.set_read_timeout(Some(TIMEOUT)).unwrap();
    let (mut arrived, received) = (vec![false; datagrams as usize], AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = [0; 4];
            while receiver.recv(&mut number).unwrap() == number.len() {
                arrived[u32::from_le_bytes(number) as usize] = true;
                received.fetch_add(1, Ordering::Relaxed);
            }
        });
        for number in 0..datagrams {
            sender.send(&number.to_le_bytes()).unwrap();
            // No buffer overflows on the way, so that only the link can lose a datagram.
            if number % 100 == 99 || number == datagrams - 1 {
                wait_until("all but the lost ones have arrived", || {
                    let counts = lab.counts().unwrap().to_server;
                    let decided = counts.packets + counts.lost;
                    decided == u64::from(number) + 1 && received.load(Ordering::Relaxed) as u64 == counts.packets
                });
            }
        }
        // A longer datagram ends the receiver. It comes from its own end, where nothing is lost.
        lab.server().run(bind(SERVER)).unwrap().send_to(&[0; 3], receiver.local_addr().unwrap()).unwrap();
    });
    (0..datagrams).filter(|number| !arrived[*number as usize]).collect()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn the_link_loses_its_share_and_the_same_packets_with_the_same_seed() {
    const DATAGRAMS: u32 = 20_000;
    let loss = Loss::of(0.01).unwrap();
    let of_seed = |seed| lab(&Link { loss, seed, ..Link::new(Duration::from_millis(1)) });
    let Some(first) = of_seed(7) else { return };
    let lost = missing(&first, DATAGRAMS);
    // The 99.99 % interval of the binomial distribution: 200 +- 3.9 x sqrt(20,000 x 0.01 x 0.99).
    assert!((145..=255).contains(&lost.len()), "{} of {DATAGRAMS} are lost", lost.len());
    let counts = first.counts().unwrap();
    assert_eq!((counts.to_server.lost as usize, counts.to_server.dropped), (lost.len(), 0));
    let second = of_seed(7).unwrap();
    assert_eq!(missing(&second, DATAGRAMS), lost);
    let third = of_seed(8).unwrap();
    assert_ne!(
        missing(&third, DATAGRAMS / 4),
        lost.iter().copied().filter(|n| *n < DATAGRAMS / 4).collect::<Vec<_>>()
    );
}

#[test]
fn both_directions_lose_and_neither_loses_without_a_loss() {
    let Some(lossless) = lab(&Link::new(Duration::from_millis(1))) else { return };
    assert_eq!(missing(&lossless, 5_000), [0; 0]);
    let link = Link { loss: Loss::of(0.2).unwrap(), ..Link::new(Duration::from_millis(1)) };
    let lossy = lab(&link).unwrap();
    let listener = lossy.server().run(|| TcpListener::bind((SERVER, 0)).unwrap()).unwrap();
    let to = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| listener.accept().unwrap().0.write_all(&vec![0; 200_000]).unwrap());
        let mut stream = lossy.client().run(|| connect(to)).unwrap();
        stream.read_exact(&mut vec![0; 200_000]).unwrap();
    });
    let counts = lossy.counts().unwrap();
    assert!(counts.to_client.lost > 0 && counts.to_server.lost > 0, "{counts:?}");
}

#[test]
fn a_rate_bounds_what_is_carried_and_its_queue_drops_the_rest() {
    let rate = "20mbit".parse().unwrap();
    let link = Link { rate: Some(rate), queue: Some(30_000), ..Link::new(Duration::from_millis(4)) };
    let Some(lab) = lab(&link) else { return };
    let listener = lab.server().run(|| TcpListener::bind((SERVER, 0)).unwrap()).unwrap();
    let to = listener.local_addr().unwrap();
    let took = std::thread::scope(|scope| {
        scope.spawn(|| listener.accept().unwrap().0.read_exact(&mut vec![0; 2_000_000]).unwrap());
        let mut stream = lab.client().run(|| connect(to)).unwrap();
        let begun = Instant::now();
        stream.write_all(&vec![0; 2_000_000]).unwrap();
        // The peer closes when it has everything.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        begun.elapsed()
    });
    let carried = lab.counts().unwrap().to_server;
    assert!(took >= rate.time_of(2_000_000), "{took:?} is faster than the rate");
    // netem counts what its queue drops as lost.
    assert!(carried.dropped + carried.lost > 0, "{carried:?}");
}
