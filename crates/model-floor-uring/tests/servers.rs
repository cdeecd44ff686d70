//! What is special about io_uring, against servers that make it happen: all buffers are in use, connections end
//! between batches, and a request does not fit into the socket.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fanout_model::{Check, Content, Model, Outcome, Request, RequestError, Settings, answer};
use fanout_needs::skip;
use http::{HeaderMap, Method};
use model_floor_uring::FloorUring;

/// Starts a server that handles each connection on a thread of its own, and returns its URL. Its threads end with the
/// test's process.
fn server(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || handle(stream));
        }
    });
    url
}

/// Reads the head of a request. Returns what came after it, or `None` at the end of the connection.
fn head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut arrived, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut part).ok().filter(|n| *n > 0)?;
        arrived.extend_from_slice(&part[..n]);
        if let Some(end) = arrived.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            return Some(arrived.split_off(end + 4));
        }
    }
}

fn answer_with(stream: &mut TcpStream, body: &[u8]) {
    // The client may have gone.
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(body);
}

fn get(url: &str, content: Content) -> Request {
    Request::get(url.parse().unwrap()).unwrap().with_check(Check { content, ..Check::default() })
}

fn settings(in_flight: usize) -> Settings {
    Settings { timeout: Duration::from_secs(20), ..Settings::new(in_flight.try_into().unwrap()).unwrap() }
}

/// Whether the tests cannot run here.
fn is_refused() -> bool {
    FloorUring.available().is_err_and(|why| skip("floor-uring", &why.to_string()).is_ok())
}

fn expect_good(outcomes: &[Outcome], n: usize) {
    assert_eq!(outcomes.len(), n);
    let bad: Vec<&RequestError> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    assert!(bad.is_empty(), "{} of {n} failed, first with {:?}", bad.len(), bad[0]);
}

#[test]
fn more_arrives_than_all_buffers_hold_and_every_byte_is_read() {
    if is_refused() {
        return;
    }
    // 300 MB are on their way at once, to buffers of 8 MB.
    let body: Vec<u8> = (0..1_200_000_u32).map(|i| (i % 251) as u8).collect();
    let content = Content::exactly(&body);
    let url = server(move |mut stream| {
        while head(&mut stream).is_some() {
            answer_with(&mut stream, &body);
        }
    });
    let mut runner = FloorUring.prepare(&settings(256)).unwrap();
    expect_good(&runner.run(&vec![get(&url, content); 512]), 512);
}

#[test]
fn connections_that_the_server_ends_between_batches_are_opened_anew() {
    if is_refused() {
        return;
    }
    let (opened, left, batches) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let counts = [&opened, &left, &batches].map(Arc::clone);
    // It promises to keep the connection, and ends it when the batch is over.
    let url = server(move |mut stream| {
        let [opened, left, batches] = &counts;
        let batch = batches.load(Ordering::SeqCst);
        opened.fetch_add(1, Ordering::SeqCst);
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        while batches.load(Ordering::SeqCst) == batch {
            if stream.peek(&mut [0]).is_ok() && head(&mut stream).is_some() {
                answer_with(&mut stream, b"good");
            }
        }
        drop(stream);
        left.fetch_add(1, Ordering::SeqCst);
    });
    let requests = vec![get(&url, Content::exactly(b"good")); 40];
    let mut runner = FloorUring.prepare(&settings(8)).unwrap();
    for batch in 1..=3 {
        expect_good(&runner.run(&requests), 40);
        assert_eq!(opened.load(Ordering::SeqCst), 8 * batch);
        batches.fetch_add(1, Ordering::SeqCst);
        let until = Instant::now() + Duration::from_secs(20);
        while left.load(Ordering::SeqCst) < 8 * batch {
            assert!(Instant::now() < until, "the server still has connections");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_body_that_the_socket_does_not_take_at_once_is_sent_to_its_end() {
    if is_refused() {
        return;
    }
    let body: Vec<u8> = (0..6_000_000_u32).map(|i| (i % 241) as u8).collect();
    let (length, hash) = (body.len(), answer::hash(&body));
    // It reads slowly at first, so that the socket is full.
    let url = server(move |mut stream| {
        while let Some(mut arrived) = head(&mut stream) {
            thread::sleep(Duration::from_millis(50));
            let mut part = [0; 10_000];
            while arrived.len() < length {
                let Ok(n @ 1..) = stream.read(&mut part) else { return };
                arrived.extend_from_slice(&part[..n]);
            }
            answer_with(&mut stream, if answer::hash(&arrived) == hash { b"same" } else { b"not the same" });
        }
    });
    let check = Check { content: Content::exactly(b"same"), ..Check::default() };
    let request = Request::new(Method::POST, url.parse().unwrap(), HeaderMap::new(), body.into(), check).unwrap();
    let mut runner = FloorUring.prepare(&settings(4)).unwrap();
    expect_good(&runner.run(&vec![request; 12]), 12);
}

#[test]
fn a_runner_goes_on_on_another_thread_and_may_be_dropped_there() {
    if is_refused() {
        return;
    }
    let url = server(|mut stream| {
        while head(&mut stream).is_some() {
            answer_with(&mut stream, b"good");
        }
    });
    let requests = vec![get(&url, Content::exactly(b"good")); 20];
    let mut runner = FloorUring.prepare(&settings(4)).unwrap();
    expect_good(&runner.run(&requests), 20);
    let elsewhere = requests.clone();
    let on_another = thread::spawn(move || {
        expect_good(&runner.run(&elsewhere), 20);
        runner
    });
    let mut runner = on_another.join().unwrap();
    expect_good(&runner.run(&requests), 20);
    thread::spawn(move || drop(runner)).join().unwrap();
}
