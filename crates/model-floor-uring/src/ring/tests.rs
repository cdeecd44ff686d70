//! A ring that is dropped while operations are running ends them, and frees its memory only then.

use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use fanout_model::{Check, Request, Settings};
use fanout_needs::skip;
use http::{HeaderMap, Method};
use model_floor::exchange::Exchanges;

use super::ending::LAST_WAIT;
use super::*;

/// A ring for two lanes, unless the system refuses it.
fn ring() -> Option<Ring> {
    let ring = Ring::new(NonZeroUsize::new(2).unwrap());
    ring.inspect_err(|error| skip("floor-uring", &format!("io_uring: {error}")).unwrap()).ok()
}

/// The exchange of a request whose body has this many bytes.
fn exchange(address: SocketAddr, length: usize) -> Arc<Exchange> {
    let url = format!("http://{address}/").parse().unwrap();
    let body = vec![7; length].into();
    let request = Request::new(Method::POST, url, HeaderMap::new(), body, Check::default()).unwrap();
    let settings = Settings::new(NonZeroUsize::MIN).unwrap();
    Exchanges::new(&settings).of(&request).unwrap()
}

/// Waits for the next event of a lane.
fn next(ring: &mut Ring) -> Event {
    let until = Instant::now() + LAST_WAIT;
    while Instant::now() < until {
        ring.wait(Duration::from_millis(100)).unwrap();
        if let Some((_, event)) = ring.next().unwrap() {
            return event;
        }
    }
    panic!("nothing has happened");
}

/// A ring that has sent a part of a long request to a server that does not read, and is receiving.
fn busy(listener: &TcpListener) -> Option<Ring> {
    let mut ring = ring()?;
    let address = listener.local_addr().unwrap();
    let place = ring.connect(0, address).unwrap();
    assert!(matches!(next(&mut ring), Event::Connected(Ok(()))));
    ring.receive(place).unwrap();
    // Nobody but the ring holds it.
    ring.send(place, &exchange(address, 64_000_000), 0).unwrap();
    ring.wait(Duration::from_millis(50)).unwrap();
    assert_eq!(ring.pending, 2);
    Some(ring)
}

/// Reads what the connection brings until it ends.
fn read_to_end(listener: &TcpListener) -> usize {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LAST_WAIT)).unwrap();
    let (mut all, mut part) = (0, vec![0; 1 << 20]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(n) => {
                assert!(part[..n].iter().filter(|byte| **byte == 7).count() + 200 > n, "it sent what was freed");
                all += n;
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the connection is still there: {error}"),
        }
    }
}

#[test]
fn operations_in_flight_end_with_the_ring_and_so_do_its_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(mut ring) = busy(&listener) else { return };
    assert!(ring.cancel_all() && ring.pending == 0);
    drop(ring);
    let sent = read_to_end(&listener);
    assert!((1..64_000_000).contains(&sent), "{sent}");
}

#[test]
fn a_ring_that_is_dropped_on_another_thread_ends_its_connections_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(ring) = busy(&listener) else { return };
    thread::spawn(move || drop(ring)).join().unwrap();
    let sent = read_to_end(&listener);
    assert!((1..64_000_000).contains(&sent), "{sent}");
}

#[test]
fn a_place_is_used_again_once_nothing_is_pending_on_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(mut ring) = ring() else { return };
    let address = listener.local_addr().unwrap();
    for _ in 0..100 {
        let place = ring.connect(0, address).unwrap();
        assert!(matches!(next(&mut ring), Event::Connected(Ok(()))));
        ring.receive(place).unwrap();
        ring.close(place);
        drop(listener.accept().unwrap());
        while ring.pending > 0 {
            ring.wait(Duration::from_millis(100)).unwrap();
            assert!(ring.next().unwrap().is_none(), "a lane hears of what it has closed");
        }
    }
    assert_eq!((ring.slots.len(), ring.free.len()), (1, 1));
}
