//! A scripted server on raw sockets: it can do what a real server should not, and counts exactly.
//!
//! | path | answer |
//! |---|---|
//! | `/uuid/N` | [`uuid_of`] N |
//! | `/fresh` | a UUID never given before |
//! | `/gate/N` | as `/uuid/N`, held back until [`Server::open`] |
//! | `/status/500`, `/redirect` | that status; a redirect to `/uuid/0` |
//! | `/text`, `/no-uuid`, `/not-uuid`, `/not-http` | a body, or an answer, of that kind |
//! | `/cut`, `/nothing` | half an answer; none; then the connection closes |
//! | `/hang` | none, and the connection stays open |

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fanout_model::{Url, Uuid};

/// A running server; it ends with its process, which is a trial's.
#[derive(Clone)]
pub struct Server {
    state: Arc<(Mutex<State>, Condvar)>,
    port: u16,
}

/// What the server saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Requests.
    pub arrivals: usize,
    /// Requests without an answer so far.
    pub in_flight: usize,
    /// The most there were at one time.
    pub peak: usize,
    /// Connections that were opened.
    pub connections: usize,
    open: bool,
}

/// The UUID at `/uuid/n`: version 4, variant RFC 9562, with `n` in its last bits.
#[must_use]
pub fn uuid_of(n: usize) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 | n as u128)
}

impl Server {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    /// Where the system has no port or thread to give; a trial can do nothing without.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let server = Self { state: Arc::default(), port };
        let accepting = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accepting.lock().connections += 1;
                let serving = accepting.clone();
                // A client that goes away ends its thread, and is no concern of the server's.
                thread::spawn(move || serving.serve(&stream));
            }
        });
        server
    }

    /// The URL of a path here.
    ///
    /// # Panics
    /// Where `path` makes no URL.
    #[must_use]
    pub fn at(&self, path: impl std::fmt::Display) -> Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().expect("paths of properties are valid")
    }

    /// What it saw so far.
    #[must_use]
    pub fn seen(&self) -> State {
        *self.lock()
    }

    /// Waits until so many requests are in flight; false where that is not so within `patience`.
    #[must_use]
    pub fn wait_for_in_flight(&self, wanted: usize, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while state.in_flight < wanted {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.state.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Answers what is held back at `/gate`, and what comes there from now on.
    pub fn open(&self) {
        self.lock().open = true;
        self.state.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        stream.set_nodelay(true).ok()?;
        loop {
            let (path, close) = read_request(&mut reader)?;
            let arrival = self.arrived();
            let (answer, goes_on) = self.answer(&path, arrival);
            // Before the answer is sent: the client may ask again as soon as it has it.
            self.answered();
            writer.write_all(answer.as_bytes()).ok()?;
            if close || !goes_on {
                return stream.shutdown(Shutdown::Both).ok();
            }
        }
    }

    fn arrived(&self) -> usize {
        let mut state = self.lock();
        state.arrivals += 1;
        state.in_flight += 1;
        state.peak = state.peak.max(state.in_flight);
        self.state.1.notify_all();
        state.arrivals
    }

    fn answered(&self) {
        self.lock().in_flight -= 1;
    }

    /// The bytes to send, and whether the connection goes on.
    fn answer(&self, path: &str, arrival: usize) -> (String, bool) {
        let number = |text: &str| text.parse().unwrap_or(usize::MAX);
        let uuid = |n| whole("200 OK", &format!(r#"{{"uuid": "{}"}}"#, uuid_of(n)));
        if let Some(n) = path.strip_prefix("/uuid/") {
            return (uuid(number(n)), true);
        }
        if let Some(n) = path.strip_prefix("/gate/") {
            self.wait_until_open();
            return (uuid(number(n)), true);
        }
        match path {
            "/fresh" => (uuid(1_000_000 + arrival), true),
            "/status/500" => (whole("500 Internal Server Error", "{}"), true),
            "/redirect" => (whole("302 Found\r\nlocation: /uuid/0", ""), true),
            "/text" => (whole("200 OK", "hello"), true),
            "/no-uuid" => (whole("200 OK", r#"{"id": 1}"#), true),
            "/not-uuid" => (whole("200 OK", r#"{"uuid": "one"}"#), true),
            "/not-http" => ("SSH-2.0-OpenSSH\r\n\r\n".into(), false),
            "/cut" => ("HTTP/1.1 200 OK\r\ncontent-length: 48\r\n\r\n{\"uuid\": \"0000".into(), false),
            "/nothing" => (String::new(), false),
            "/hang" => {
                thread::sleep(Duration::from_secs(600));
                (String::new(), false)
            }
            _ => (whole("404 Not Found", ""), true),
        }
    }

    fn wait_until_open(&self) {
        let mut state = self.lock();
        while !state.open {
            state = self.state.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn whole(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// The path of the next request, and whether it is the connection's last.
fn read_request(reader: &mut impl BufRead) -> Option<(String, bool)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        head.push(line.trim_end().to_ascii_lowercase());
    }
    let path = head.first()?.split(' ').nth(1)?.to_owned();
    Some((path, head.iter().any(|line| line == "connection: close")))
}
