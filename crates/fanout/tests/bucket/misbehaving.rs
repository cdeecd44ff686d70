//! Servers that refuse, are full, are down, hang up, or do not know conditions: each is named, and given up soon.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::world::{Said, World, nth};

/// How the server answers a request, given its method; `None` hangs up.
type Answer = fn(&str) -> Option<(u16, &'static str)>;

/// A server that answers as it was told. It counts the requests, and keeps the names of those that it was to create.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
    puts: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (requests, puts) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let server = Self { address, requests: Arc::clone(&requests), puts: Arc::clone(&puts) };
        // The thread ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (requests, puts) = (Arc::clone(&requests), Arc::clone(&puts));
                thread::spawn(move || serve(&mut stream.unwrap(), answer, &requests, &puts));
            }
        });
        server
    }

    /// What recording a run there ends with.
    fn record(&self, world: &World) -> Said {
        let file = world.file("run.json", &nth(1));
        world.call(&["record", &file, "--to", "s3://fleet/x"], &self.variables())
    }

    fn variables(&self) -> [(&str, &str); 3] {
        [("AWS_ENDPOINT_URL", &self.address), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "hunter2")]
    }
}

/// Answers one request, and ends the connection.
fn serve(stream: &mut TcpStream, answer: Answer, requests: &AtomicUsize, puts: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read_exact(&mut byte).is_err() {
            return;
        }
        head.extend(byte);
    }
    requests.fetch_add(1, Ordering::Relaxed);
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let mut words = head.split(' ');
    let method = words.next().unwrap();
    if method == "put" {
        // No creation is without the condition.
        assert!(head.contains("if-none-match: *"), "{head}");
        puts.lock().unwrap().push(words.next().unwrap().to_owned());
    }
    let Some((status, code)) = answer(method) else {
        let _ = stream.shutdown(Shutdown::Both);
        return;
    };
    let body = format!("<Error><Code>{code}</Code><Message>Said by the test</Message></Error>");
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

#[test]
fn a_store_that_refuses_is_full_read_only_or_without_conditions_is_named_with_what_to_do() {
    let cases: [(Answer, &[&str]); 5] = [
        (|_| Some((403, "AccessDenied")), &["403", "AccessDenied: Said by the test", "ask for the right"]),
        (|it| Some(if it == "put" { (507, "") } else { (404, "NoSuchKey") }), &["507", "make room"]),
        (|it| Some(if it == "put" { (400, "QuotaExceeded") } else { (404, "NoSuchKey") }), &["400", "make room"]),
        (
            |it| Some(if it == "put" { (405, "MethodNotAllowed") } else { (404, "NoSuchKey") }),
            &["405", "can be written"],
        ),
        (
            |it| Some(if it == "put" { (501, "NotImplemented") } else { (404, "NoSuchKey") }),
            &["501", "If-None-Match"],
        ),
    ];
    let world = World::new();
    for (answer, words) in cases {
        let server = Server::start(answer);
        let said = server.record(&world);
        said.refused(words);
        said.refused(&["cannot create s3://fleet/x/runs/", ".json.zst"]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
        // Nothing but the run's own object was tried, and so nothing else can be there.
        let puts = server.puts.lock().unwrap();
        assert!(puts.iter().all(|name| *name == puts[0] && name.contains("/runs/")), "{puts:?}");
    }
}

#[test]
fn a_server_that_is_down_or_hangs_up_is_given_up_after_a_few_tries() {
    let cases: [(Answer, &[&str]); 3] = [
        (|_| Some((500, "InternalError")), &["500", "InternalError", "later"]),
        (|_| Some((503, "SlowDown")), &["503", "SlowDown", "later"]),
        (|_| None, &["the connection to the server broke", "AWS_ENDPOINT_URL"]),
    ];
    let world = World::new();
    for (answer, words) in cases {
        let server = Server::start(answer);
        server.record(&world).refused(words);
        let tried = server.requests.load(Ordering::Relaxed);
        assert!((1..=10).contains(&tried), "{tried} tries");
        let said = world.call(&["history", "--from", "s3://fleet/x"], &server.variables());
        said.refused(&["cannot list s3://fleet/x/runs"]);
        said.refused(words);
    }
}

#[test]
fn a_server_that_lists_runs_and_then_refuses_each_is_not_asked_for_all_of_them() {
    /// A listing of 200 runs (ListObjectsV2).
    fn listing() -> &'static str {
        static LISTING: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        LISTING.get_or_init(|| {
            let object = |n| {
                format!(
                    "<Contents><Key>x/runs/m/2026/20260101T000000Z-000000000000-{n:026}.json.zst</Key><Size>9</Size>\
                     <LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag></Contents>"
                )
            };
            (0..200).map(object).collect()
        })
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, counted) = (stream.unwrap(), Arc::clone(&counted));
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                    head.extend(byte);
                }
                let is_list = String::from_utf8_lossy(&head).contains("list-type=2");
                let (status, body) = if is_list {
                    let truncated = "<IsTruncated>false</IsTruncated>";
                    (200, format!("<ListBucketResult>{truncated}{}</ListBucketResult>", listing()))
                } else {
                    counted.fetch_add(1, Ordering::Relaxed);
                    (403, "<Error><Code>AccessDenied</Code></Error>".to_owned())
                };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    let world = World::new();
    let variables =
        [("AWS_ENDPOINT_URL", address.as_str()), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let said = world.call(&["history", "--from", "s3://fleet/x"], &variables);
    said.refused(&["cannot read s3://fleet/x/runs/m/2026/", "403", "so it was with 20 objects"]);
    let asked = asked.load(Ordering::Relaxed);
    assert!((20..100).contains(&asked), "{asked} requests");
}
