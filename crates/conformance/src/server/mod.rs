//! A scripted server: it can do what a real server should not do, and its counts are exact. It speaks HTTP/1.1
//! (`http1`) and HTTP/2 without TLS (`http2`). The server in `tls` speaks TLS.
//!
//! | path | answer |
//! |---|---|
//! | `/uuid/N` | [`uuid_of`] N |
//! | `/fresh` | a UUID never given before |
//! | `/last/N` | as `/uuid/N`, with `connection: close` in HTTP/1.1; then the connection closes |
//! | `/refused/N`, `/refused-once/N` | as `/uuid/N`; in HTTP/2 the stream is refused, each time or the first time |
//! | `/gate/N` | as `/uuid/N`, held back until [`Server::open`] |
//! | `/busy/K/N` | 503 with `Retry-After: 0` and 429 without it in turn, K times for each N; then as `/uuid/N` |
//! | `/busy-for-long/N` | 503 with `Retry-After: 3600` |
//! | `/status/500`, `/redirect` | that status; a redirect to `/uuid/0` |
//! | `/text`, `/no-uuid`, `/array`, `/not-uuid` | a body of that kind; the array holds a UUID |
//! | `/bytes/N` | a body of N bytes, those of [`mock_server::bytes`] |
//! | `/method/NAME` | the length of the request's body, if that is the method of the request |
//! | `/upload` | the receipt of the uploaded body, as the mock server gives it |
//! | `/early`, `/early-open` | 413 before the body is read; then the connection closes, or stays open |
//! | `/broken-off` | none, and the connection closes within the body |
//! | `/unasked/N` | as `/uuid/N`, and in HTTP/1.1 at once an answer that no request asked for |
//! | `/cut-chunks` | chunks without the end of the last one; then the connection closes |
//! | `/cut`, `/nothing` | half an answer; none; then the connection closes, or the stream is reset |
//! | `/not-http` | on another port, where the server speaks a protocol other than HTTP |
//! | `/hang` | none, and the connection stays open |
//! | `/endless/KIND`, `/drip/KIND` | one that never ends, as fast as it is read or byte by byte (`endless`) |

mod endless;
mod http1;
mod http2;
pub(crate) mod tls;

use std::collections::{BTreeSet, HashMap};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fanout_model::answer::hash;
use fanout_model::{Request, Url, Uuid};
use mock_server::bytes as bodies;

use self::endless::Endless;

/// A running server. It ends with its process, which is the process of a trial.
#[derive(Clone)]
pub struct Server {
    state: Arc<(Mutex<State>, Condvar)>,
    headers: Arc<Mutex<BTreeSet<Headers>>>,
    /// How often each path of `/busy` was asked for.
    busy: Arc<Mutex<HashMap<String, usize>>>,
    /// The paths of streams that were refused once.
    refused: Arc<Mutex<BTreeSet<String>>>,
    port: u16,
    other_port: u16,
    most_streams: u32,
}

/// The headers of a request in ascending order: names in lower case, with their values. HTTP/2's pseudo-headers are
/// not among them.
pub type Headers = Vec<(String, String)>;

/// What the server saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Requests that arrived, without the refused ones.
    pub arrivals: usize,
    /// Requests that were refused before they were processed.
    pub refused: usize,
    /// Requests that have no answer so far.
    pub in_flight: usize,
    /// The most requests in flight at one time.
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

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("loopback has a free port")
}

impl Server {
    /// Starts a server on a free port of loopback.
    ///
    /// # Panics
    /// If the system has no free port or refuses a thread. A trial cannot run without them.
    #[must_use]
    pub fn start() -> Self {
        Self::start_allowing(200)
    }

    /// Starts a server as [`Server::start`] does, which allows this many streams at a time on an HTTP/2 connection.
    ///
    /// # Panics
    /// The same as for [`Server::start`].
    #[must_use]
    pub fn start_allowing(most_streams: u32) -> Self {
        let (listener, other_listener) = (listen(), listen());
        let port = |of: &TcpListener| of.local_addr().expect("a bound socket has an address").port();
        let (port, other_port) = (port(&listener), port(&other_listener));
        let (state, headers, refused, busy) = Default::default();
        let server = Self { state, headers, refused, busy, port, other_port, most_streams };
        server.accept(listener, Self::serve);
        server.accept(other_listener, |server, stream| http1::not_http(server, &stream));
        server
    }

    fn accept(&self, listener: TcpListener, serve: fn(&Self, TcpStream) -> Option<()>) {
        let server = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                server.lock().connections += 1;
                let server = server.clone();
                // If a client goes away, its thread ends with an error, which is ignored.
                thread::spawn(move || serve(&server, stream));
            }
        });
    }

    /// The URL of a path on this server.
    ///
    /// # Panics
    /// If `path` makes no valid URL.
    #[must_use]
    pub fn at(&self, path: impl std::fmt::Display) -> Url {
        let path = path.to_string();
        let port = if path == "/not-http" { self.other_port } else { self.port };
        format!("http://127.0.0.1:{port}{path}").parse().expect("paths of properties are valid")
    }

    /// A `GET` of [`at`](Self::at), whose answer must be a UUID.
    ///
    /// # Panics
    /// If `path` makes no valid URL.
    #[must_use]
    pub fn get(&self, path: impl std::fmt::Display) -> Request {
        Request::get(self.at(path)).expect("paths of properties are valid")
    }

    /// What the server saw so far.
    #[must_use]
    pub fn seen(&self) -> State {
        *self.lock()
    }

    /// The different sets of headers that requests had so far.
    #[must_use]
    pub fn headers(&self) -> BTreeSet<Headers> {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn had(&self, mut headers: Headers) {
        headers.sort();
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).insert(headers);
    }

    /// Waits until this many requests are in flight; `false` if that does not happen within `timeout`.
    #[must_use]
    pub fn wait_for_in_flight(&self, wanted: usize, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
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

    /// Answers the requests that are held back at `/gate`, and those that arrive there later.
    pub fn open(&self) {
        self.lock().open = true;
        self.state.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a connection. Its first bytes show which version of HTTP it speaks.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut first = [0];
        stream.peek(&mut first).ok()?;
        match first {
            // `PRI * HTTP/2.0` (RFC 9113, section 3.4). The methods that are used here are GET and POST.
            [b'P'] if begins_with(&stream, b"PRI") => http2::serve(self, stream),
            _ => http1::serve(self, &stream),
        }
    }

    /// Whether a stream with this path is refused, which is counted.
    fn refuses(&self, path: &str) -> bool {
        let mut once = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let first = path.starts_with("/refused-once/") && once.insert(path.to_owned());
        let refused = first || path.starts_with("/refused/");
        self.lock().refused += usize::from(refused);
        refused
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

    /// The answer to this path; it waits until the answer is due.
    fn answer(&self, method: &str, path: &str, body: &[u8], arrival: usize) -> Answer {
        let number = |text: &str| text.parse().unwrap_or(usize::MAX);
        let uuid = |n| Answer::whole(200, answer_of(n));
        if let Some(n) = path.strip_prefix("/uuid/") {
            return uuid(number(n));
        }
        if let Some(n) = path.strip_prefix("/refused-once/").or_else(|| path.strip_prefix("/refused/")) {
            return uuid(number(n));
        }
        if let Some(n) = path.strip_prefix("/unasked/") {
            return Answer::Unasked(answer_of(number(n)));
        }
        if let Some(n) = path.strip_prefix("/last/") {
            return uuid(number(n)).and_last();
        }
        if let Some((times, n)) = path.strip_prefix("/busy/").and_then(|path| path.split_once('/')) {
            let asked = self.is_asked(path);
            return match asked > number(times) {
                true => uuid(number(n)),
                false if asked % 2 == 1 => Answer::whole(503, "").with("retry-after", "0"),
                false => Answer::whole(429, ""),
            };
        }
        if path.starts_with("/busy-for-long/") {
            return Answer::whole(503, "").with("retry-after", "3600");
        }
        if let Some(n) = path.strip_prefix("/gate/") {
            self.wait_until_open();
            return uuid(number(n));
        }
        if let Some(expected) = path.strip_prefix("/method/") {
            let length = body.len().to_string();
            return if method == expected { Answer::whole(200, length) } else { Answer::whole(405, "") };
        }
        if let Some(n) = path.strip_prefix("/bytes/") {
            return Answer::whole(200, bodies::whole(number(n) as u64));
        }
        if let Some(endless) = Endless::at(path) {
            return Answer::Endless(endless);
        }
        match path {
            "/fresh" => uuid(1_000_000 + arrival),
            "/upload" => Answer::whole(200, bodies::receipt(body.len() as u64, hash(body))),
            "/status/500" => Answer::whole(500, "{}"),
            "/redirect" => Answer::whole(302, "").with("location", "/uuid/0"),
            "/text" => Answer::whole(200, "hello"),
            "/no-uuid" => Answer::whole(200, r#"{"id": 1}"#),
            "/array" => Answer::whole(200, format!(r#"["{}"]"#, uuid_of(0))),
            "/not-uuid" => Answer::whole(200, r#"{"uuid": "one"}"#),
            "/cut" => Answer::Cut,
            "/cut-chunks" => Answer::CutChunks,
            "/nothing" => Answer::Nothing,
            "/hang" => {
                thread::sleep(Duration::from_secs(600));
                Answer::Nothing
            }
            _ => Answer::whole(404, ""),
        }
    }

    /// Counts a request for a path of `/busy`, and returns how many there were.
    fn is_asked(&self, path: &str) -> usize {
        let mut asked = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry(path.to_owned()).or_default();
        *times += 1;
        *times
    }

    fn wait_until_open(&self) {
        let mut state = self.lock();
        while !state.open {
            state = self.state.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whether the first bytes of a connection are these.
fn begins_with(stream: &TcpStream, first: &[u8]) -> bool {
    let mut bytes = vec![0; first.len()];
    loop {
        match stream.peek(&mut bytes) {
            Ok(n) if n < first.len() && n > 0 && first.starts_with(&bytes[..n]) => thread::yield_now(),
            Ok(n) => return n == first.len() && bytes == first,
            Err(_) => return false,
        }
    }
}

/// The answer to a request, in either version of HTTP.
enum Answer {
    /// In HTTP/1.1, the connection stays open after it, unless this is its `last` answer.
    Whole { status: u16, header: Option<(&'static str, &'static str)>, body: Bytes, last: bool },
    /// A whole answer with this body, and after it an answer that no request asked for: [`UNASKED`].
    Unasked(String),
    /// A head that promises a longer body than the part that follows.
    Cut,
    /// Chunks without the end of the last one.
    CutChunks,
    /// No head either.
    Nothing,
    /// An answer that goes on for ever.
    Endless(Endless),
}

impl Answer {
    fn whole(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Whole { status, header: None, body: body.into(), last: false }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let Self::Whole { header, .. } = &mut self {
            *header = Some((name, value));
        }
        self
    }

    fn and_last(mut self) -> Self {
        if let Self::Whole { last, .. } = &mut self {
            *last = true;
        }
        self
    }
}

/// The number of the UUID in an answer that no request asked for.
pub const UNASKED: usize = 424_242;

fn answer_of(n: usize) -> String {
    format!(r#"{{"uuid": "{}"}}"#, uuid_of(n))
}

/// The part of its body that [`Answer::Cut`] sends, and the length that its head promises.
const CUT: (&str, usize) = (r#"{"uuid": "0000"#, 48);
