//! When an HTTP/2 connection breaks, all requests that share it have the same outcome, however each one learns of the
//! break.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use fanout_clients::{hyper, reqwest_async, reqwest_blocking};
use fanout_model::{BodyError, Found, Protocol, Request, RequestError, Settings};
use http::Response;
use tokio::runtime::{Builder, Runtime};

/// How many requests are in flight at once, on one connection.
const REQUESTS: usize = 16;

/// Each round is a separate race.
const ROUNDS: usize = 20;

const UUID: &str = r#"{"uuid": "00000000-0000-4000-8000-000000000001"}"#;

type Results = Vec<Result<Found, RequestError>>;

fn settings() -> Settings {
    let settings = Settings::new(NonZeroUsize::new(REQUESTS).unwrap()).unwrap();
    Settings { protocol: Protocol::Http2, timeout: Duration::from_secs(20), ..settings }
}

/// Starts a server that calls `serve` with each connection, and returns its URL.
fn server(serve: fn(TcpStream)) -> Request {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/uuid", listener.local_addr().unwrap()).parse().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    Request::get(url).unwrap()
}

/// A runtime on one thread. On several threads, hyper 1.12 loses about one in some thousands of the requests that
/// arrive while the connection ends, and such a request times out.
fn event_loop() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes this many requests at once with each client, in tasks or in threads.
fn with_each_client(request: &Request, requests: usize) -> [Results; 3] {
    let event_loop = event_loop();
    let (one, other) = event_loop.block_on(async {
        let client = reqwest_async::Client::new(&settings()).unwrap();
        let one = (0..requests).map(|_| (client.clone(), request.clone()));
        let one: Vec<_> =
            one.map(|(client, request)| tokio::spawn(async move { client.fetch(&request).await.result })).collect();
        let client = hyper::http2::Client::new(&settings()).unwrap();
        let other = (0..requests).map(|_| (client.clone(), request.clone()));
        let other: Vec<_> =
            other.map(|(client, request)| tokio::spawn(async move { client.fetch(&request).await.result })).collect();
        (joined(one).await, joined(other).await)
    });
    let client = reqwest_blocking::Client::new(&settings()).unwrap();
    let blocking = thread::scope(|threads| {
        let fetches: Vec<_> = (0..requests).map(|_| threads.spawn(|| client.fetch(request).result)).collect();
        fetches.into_iter().map(|fetch| fetch.join().unwrap()).collect()
    });
    [one, other, blocking]
}

async fn joined(tasks: Vec<tokio::task::JoinHandle<Result<Found, RequestError>>>) -> Results {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn all_are(serve: fn(TcpStream), expected: BodyError) {
    let request = server(serve);
    for round in 0..ROUNDS {
        for (client, results) in with_each_client(&request, REQUESTS).into_iter().enumerate() {
            let wanted = vec![Err(RequestError::Body(expected)); REQUESTS];
            assert_eq!(results, wanted, "client {client} in round {round}");
        }
    }
}

/// Sends something that is not HTTP. A write fails if the client has gone away, which is ignored.
fn speaks_something_else(mut stream: TcpStream) {
    let _ = stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n");
    // Closing the connection with unread data would reset it, and the client might not see what was sent.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

#[test]
fn a_server_that_speaks_something_else_is_not_http_for_each_request() {
    // The server may send its first bytes before the client does, or after.
    all_are(speaks_something_else, BodyError::NotHttp);
    all_are(
        |mut stream| {
            let _ = stream.read(&mut [0; 1024]);
            speaks_something_else(stream);
        },
        BodyError::NotHttp,
    );
}

#[test]
fn a_server_that_closes_without_a_word_is_not_http_for_each_request() {
    all_are(drop, BodyError::NotHttp);
    all_are(|mut stream| drop(stream.read(&mut [0; 1024])), BodyError::NotHttp);
}

/// Answers one request on each connection, and closes the connection when the next request arrives.
fn answers_once(stream: TcpStream) {
    stream.set_nonblocking(true).unwrap();
    let event_loop = Builder::new_current_thread().enable_all().build().unwrap();
    event_loop.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut body = respond.send_response(Response::new(()), false).unwrap();
        body.send_data(Bytes::from_static(UUID.as_bytes()), true).unwrap();
        // `accept` also sends the answer. The connection is dropped when the next request arrives.
        let _ = connection.accept().await;
    });
}

#[test]
fn a_server_that_has_answered_before_has_cut_off_each_request() {
    let request = server(answers_once);
    let cut_off = Err(RequestError::Body(BodyError::Truncated));
    for round in 0..ROUNDS {
        let event_loop = event_loop();
        let results = event_loop.block_on(async {
            let client = hyper::http2::Client::new(&settings()).unwrap();
            client.fetch(&request).await.result.unwrap();
            let fetch = |_| {
                let (client, request) = (client.clone(), request.clone());
                tokio::spawn(async move { client.fetch(&request).await.result })
            };
            joined((0..REQUESTS).map(fetch).collect()).await
        });
        // A request that came after the end opened its own connection, and was answered there.
        assert!(results.contains(&cut_off), "round {round}: {results:?}");
        assert!(results.iter().all(|result| result.is_ok() || *result == cut_off), "round {round}: {results:?}");
    }
}
