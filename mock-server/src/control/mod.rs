//! Lets a harness on another machine start servers here, one at a time.
//!
//! It answers over TLS, on a port of its own, and only to who knows the token (RFC 6750):
//!
//! | request | does | answer |
//! |---|---|---|
//! | `POST /servers`, with a [`Wanted`] | starts a server | 201 and an [`Opened`] |
//! | `GET /servers/SESSION/stats` | | 200 and the [`Stats`](crate::Stats) |
//! | `POST /servers/SESSION/reset` | sets the counts to zero | 204 |
//! | `DELETE /servers/SESSION` | ends the server, and keeps the place for the harness a while | 204 |
//! | `DELETE /servers/SESSION?over` | ends the server, and gives the place to whoever comes next | 204 |
//!
//! The bodies are JSON. `desk` has the place for the server, and this file the connections and the routes. An error
//! is answered with its reason as text.

mod desk;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use subtle::ConstantTimeEq;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use self::desk::{Desk, Refused};
pub use self::desk::{Opened, Wanted};
use crate::Config;
use crate::tls::Tls;

/// How long a connection may take. It carries one request.
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait before the next accept if the system is out of files or memory.
const BREATH: Duration = Duration::from_millis(10);

/// The longest request, in bytes.
const MOST: usize = 16 * 1024;

/// A control that listens.
pub(crate) struct Control {
    listener: TcpListener,
    tls: Tls,
    token: Option<String>,
    desk: Desk,
}

impl Control {
    /// Listens at the address of `config`. The servers listen at the same address, at the port `data`, or at a free
    /// one if that is 0; they have the names of `config`.
    ///
    /// # Errors
    /// If the address cannot be listened on, or no certificate can be made for the names.
    pub(crate) fn listen(config: Config, data: u16, token: Option<String>) -> io::Result<Self> {
        let listener = TcpListener::from_std(crate::server::listen(config.address)?)?;
        let mut names = config.names.clone();
        if names.is_empty() {
            names.push(config.address.ip().to_string());
        }
        let tls = Tls::new(&names, &["http/1.1"]).map_err(io::Error::other)?;
        let address = SocketAddr::new(config.address.ip(), data);
        Ok(Self { listener, tls, token, desk: Desk::new(Config { address, names, guarded: true, ..config }) })
    }

    /// Returns the address at which it listens, as a URL without a path.
    ///
    /// # Errors
    /// If the system does not tell the address.
    pub(crate) fn url(&self) -> io::Result<String> {
        Ok(format!("https://{}", self.listener.local_addr()?))
    }

    /// Returns the certificate root that a harness must trust, in PEM.
    pub(crate) fn root_pem(&self) -> &str {
        self.tls.root_pem()
    }

    /// Answers for ever.
    pub(crate) async fn run(self) -> Infallible {
        let control = Arc::new(self);
        let watched = Arc::clone(&control);
        tokio::spawn(async move { watched.desk.watch().await });
        loop {
            match control.listener.accept().await {
                Ok((stream, _)) => {
                    let control = Arc::clone(&control);
                    tokio::spawn(async move { timeout(LONGEST, control.serve(stream)).await });
                }
                Err(_) => sleep(BREATH).await,
            }
        }
    }

    /// Serves one connection. Whoever does not speak TLS gets no answer, and an error is one that the client sees.
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let Ok(stream) = self.tls.accept(stream).await else { return };
        let service = service_fn(|request| {
            let control = Arc::clone(&self);
            async move { Ok::<_, Infallible>(control.answer(request).await) }
        });
        let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.lets_in(request.headers().get(AUTHORIZATION)) {
            let mut refused = with(StatusCode::UNAUTHORIZED, "the token is wrong, or there is none\n".into());
            refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return refused;
        }
        let (head, body) = request.into_parts();
        let parts: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let answered = match (&head.method, parts.as_slice()) {
            (&Method::POST, ["servers"]) => match Limited::new(body, MOST).collect().await {
                Ok(body) => self.desk.open(&body.to_bytes()).await.map(|opened| json(StatusCode::CREATED, &opened)),
                Err(error) => Err(Refused::Wrong(error.to_string())),
            },
            (&Method::GET, ["servers", session, "stats"]) => {
                self.desk.stats(session).await.map(|stats| json(StatusCode::OK, &stats))
            }
            (&Method::POST, ["servers", session, "reset"]) => self.desk.reset(session).await.map(|()| nothing()),
            (&Method::DELETE, ["servers", session]) => {
                let is_over = head.uri.query() == Some("over");
                self.desk.close(session, is_over).await.map(|()| nothing())
            }
            _ => Err(Refused::Unknown),
        };
        answered.unwrap_or_else(|refused| with(refused.status(), format!("{refused}\n")))
    }

    /// Returns whether this header has the token. The time that this takes does not tell how much of it is right.
    fn lets_in(&self, header: Option<&HeaderValue>) -> bool {
        let Some(token) = &self.token else { return true };
        let given = header.and_then(|value| value.as_bytes().strip_prefix(b"Bearer ")).unwrap_or_default();
        bool::from(given.ct_eq(token.as_bytes()))
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Response<Full<Bytes>> {
    with(status, serde_json::to_string(value).expect("numbers and texts are always JSON"))
}

fn nothing() -> Response<Full<Bytes>> {
    with(StatusCode::NO_CONTENT, String::new())
}

fn with(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}
