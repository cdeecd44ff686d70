//! The lean engine: hyper on one thread, without a framework. It is for runs in which wiremock would be part of the
//! result, and for what wiremock does not speak: HTTP/2 beside HTTP/1.1 on one port, and TLS.
//!
//! [`clock`] ends delays when they are due. [`counters`] notices the beginning and the end of every request, so its
//! peak in flight is exact. If TLS is on, the same port also answers without TLS; the first byte of a connection
//! shows which one it is.

mod clock;
mod counters;

use std::convert::Infallible;
use std::hash::Hasher;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::sleep;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use self::clock::Clock;
use self::counters::{Connection, Counters};
use crate::bytes::{self, Sent};
use crate::limits::{Gate, Refusal};
use crate::tls::Tls;
use crate::{Config, HELP, Stats};

/// How long to wait before the next accept if the system is out of files or memory.
const BREATH: Duration = Duration::from_millis(10);

/// A short body, or one that is made while it is sent.
type Answer = Either<Full<Bytes>, Sent>;

/// A running engine. Dropping it ends its thread, and breaks off the requests in flight.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    address: SocketAddr,
    root_pem: Option<String>,
    /// Dropping this sender tells the thread to end.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// The state that all connections share.
struct Shared {
    clock: Clock,
    counters: Counters,
    gate: Gate,
    tls: Option<Tls>,
    delay: Duration,
    jitter: Duration,
    guarded: bool,
}

impl Engine {
    pub(crate) fn start(config: Config, listener: std::net::TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let names = if config.names.is_empty() { vec![address.ip().to_string()] } else { config.names };
        let tls = config.tls.then(|| Tls::new(&names, &["h2", "http/1.1"])).transpose().map_err(io::Error::other)?;
        let root_pem = tls.as_ref().map(|tls| tls.root_pem().to_owned());
        let (stop, stopped) = oneshot::channel();
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let clock = {
            let _inside = runtime.enter();
            Clock::new()?
        };
        let Config { delay, jitter, limits, guarded, .. } = config;
        let (counters, gate) = (Counters::default(), Gate::new(limits));
        let shared = Arc::new(Shared { clock, counters, gate, tls, delay, jitter, guarded });
        let served = Arc::clone(&shared);
        let thread = thread::Builder::new().name("hyper-engine".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, Arc::clone(&served)) => {}
                    () = served.clock.run() => {}
                    // Nothing is ever sent. This future ends when the sender is dropped.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { shared, address, root_pem, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.root_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn root_pem(&self) -> Option<&str> {
        self.root_pem.as_deref()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.shared.stats()
    }

    pub(crate) fn reset(&self) {
        self.shared.reset();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread itself has already printed its panic.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("it is not blocking, and this is a tokio runtime");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&shared)))),
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// Serves one connection to its end. An error ends it too; the client sees the error itself.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    match &shared.tls {
        Some(tls) if tls.is_spoken_on(&stream).await => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, &shared).await;
            }
        }
        _ => serve(stream, &shared).await,
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, shared: &Arc<Shared>) {
    let connection = Arc::new(Connection::default());
    let service = service_fn(|request| {
        let (shared, connection) = (Arc::clone(shared), Arc::clone(&connection));
        async move { Ok::<_, Infallible>(answer(request, &shared, &connection).await) }
    });
    // Serving returns an error if the client breaks off, which is ignored as described above.
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The number of streams is not limited, as the number of connections is not: the client must keep the limit.
    builder.http2().max_concurrent_streams(None);
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, shared: &Shared, connection: &Connection) -> Response<Answer> {
    let path = request.uri().path();
    match (request.method(), path, &shared.tls) {
        (&Method::GET, "/uuid", _) => {
            let _in_flight = shared.counters.arrived(connection);
            shared.when_due(|| json(format!(r#"{{"uuid":"{}"}}"#, fresh_uuid()))).await
        }
        (&Method::POST, "/upload", _) => {
            let _in_flight = shared.counters.arrived(connection);
            let receipt = taken(request.into_body()).await;
            let told = || receipt.map_or_else(|_| with_status(StatusCode::BAD_REQUEST, Bytes::new()), json);
            shared.when_due(told).await
        }
        (&Method::GET, "/stats", _) => {
            json(serde_json::to_string(&shared.stats()).expect("whole numbers are always JSON"))
        }
        (&Method::POST, "/reset", _) if !shared.guarded => {
            shared.reset();
            with_status(StatusCode::NO_CONTENT, Bytes::new())
        }
        (&Method::GET, "/root.pem", Some(tls)) => Response::new(Either::Left(tls.root_pem().to_owned().into())),
        (&Method::GET, path, _) if let Some(length) = bytes::asked_for(path) => {
            let _in_flight = shared.counters.arrived(connection);
            shared.when_due(|| Response::new(Either::Right(Sent::new(length)))).await
        }
        _ => {
            shared.counters.strayed();
            with_status(StatusCode::NOT_FOUND, Bytes::from_static(HELP.as_bytes()))
        }
    }
}

impl Shared {
    /// Returns the answer to a request when it is due, or at once if the request is refused.
    async fn when_due(&self, answer: impl FnOnce() -> Response<Answer>) -> Response<Answer> {
        match self.gate.admit(self.delay + self.jitter.mul_f64(fastrand::f64())) {
            Ok(wait) => {
                if !wait.is_zero() {
                    self.clock.sleep(wait).await;
                }
                answer()
            }
            Err(refusal) => refused(refusal),
        }
    }

    fn stats(&self) -> Stats {
        self.gate.count(self.counters.stats())
    }

    fn reset(&self) {
        self.counters.reset();
        self.gate.reset();
    }
}

/// Takes an upload to its end, and returns its receipt.
async fn taken(mut body: Incoming) -> Result<String, hyper::Error> {
    let (mut hasher, mut length) = (XxHash3_64::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Some(part) = frame?.data_ref() {
            hasher.write(part);
            length += part.len() as u64;
        }
    }
    Ok(bytes::receipt(length, hasher.finish()))
}

/// A version 4 UUID from a generator without system calls. A system call for each would be a tenth of an answer's
/// cost.
fn fresh_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

fn json(body: String) -> Response<Answer> {
    let mut response = Response::new(Either::Left(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn with_status(status: StatusCode, body: Bytes) -> Response<Answer> {
    let mut response = Response::new(Either::Left(body.into()));
    *response.status_mut() = status;
    response
}

fn refused(refusal: Refusal) -> Response<Answer> {
    let status = StatusCode::from_u16(refusal.status).expect("429 and 503 are statuses");
    let mut response = with_status(status, Bytes::from(refusal.to_string()));
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
