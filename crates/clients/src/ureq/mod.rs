//! ureq: a synchronous client. The calling thread itself writes, waits and reads; there is no hidden runtime.

mod cut;
mod resolver;

use std::error::Error as _;
use std::io::{self, ErrorKind, Read};

use fanout_model::answer::MOST_HEAD;
use fanout_model::retry::{Tried, repeat_blocking};
use fanout_model::{
    BodyError, Found, Protocol, Request, RequestError, Retry, Roots, Settings, SetupError, Url, runtime,
};
use ureq::http::header::{CONNECTION, HeaderMap, HeaderValue};
use ureq::http::{self, Response};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Body, Error};

use self::cut::Noticing;
use self::resolver::{Dial, Shared};
use crate::{handshake, read_blocking};

/// An answer whose head has arrived.
#[derive(Debug)]
pub struct Opened<B> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The length of the body, in bytes, if the head says it.
    pub length: Option<u64>,
    /// The body, to be read.
    pub body: B,
}

/// One client that threads share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    protocol: Protocol,
    retry: Retry,
}

impl Client {
    /// Builds the client. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside a tokio runtime, because the client would block its thread;
    /// [`SetupError::Client`] if the certificate roots cannot be read; [`SetupError::Unsupported`] for HTTP/2, which
    /// ureq does not speak.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(Protocol::HTTP1)?;
        crate::choose_crypto();
        let most_idle = crate::most_idle(settings.protocol);
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .no_delay(true)
            .max_idle_connections(most_idle)
            .max_idle_connections_per_host(most_idle)
            .timeout_global(Some(settings.timeout))
            .max_response_header_size(MOST_HEAD)
            .user_agent("")
            .tls_config(TlsConfig::builder().root_certs(roots(&settings.roots)?).build());
        let connector = ().chain(Dial::default()).chain(RustlsConnector::default()).chain(Noticing);
        let agent = Agent::with_parts(config.build(), connector, Shared);
        Ok(Self { agent, protocol: settings.protocol, retry: settings.retry })
    }

    /// Makes one request, reads its answer to the end, and checks it. The request is sent again as the settings
    /// allow. It blocks the calling thread.
    #[must_use]
    pub fn fetch(&self, request: &Request) -> Tried {
        repeat_blocking(&self.retry, request, || self.fetch_once(request))
    }

    fn fetch_once(&self, request: &Request) -> Result<Found, RequestError> {
        let Opened { status, headers, length, body } = self.open(request)?;
        read_blocking(request, (status, &headers), length, body, |error| failure(&error.into(), request.url()))
    }

    /// Makes one request, and returns when the head of its answer has arrived. The caller reads the body to its end:
    /// until a read returns 0 bytes. Otherwise, the connection is not used again.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub fn open(&self, request: &Request) -> Result<Opened<impl Read + use<>>, RequestError> {
        let response = self.send(request).map_err(|error| failure(&error, request.url()))?;
        let (head, body) = response.into_parts();
        let length = body.content_length();
        // The answer has its own limits.
        let (status, headers) = (head.status.as_u16(), head.headers);
        Ok(Opened { status, headers, length, body: body.into_with_config().limit(u64::MAX).reader() })
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    fn send(&self, request: &Request) -> Result<Response<Body>, Error> {
        let mut built = http::Request::builder().method(request.method()).uri(request.url().as_str()).body(())?;
        *built.headers_mut() = request.headers().clone();
        if self.protocol == Protocol::ConnectionPerRequest {
            built.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        match request.body().is_empty() {
            true => self.agent.run(built),
            false => self.agent.run(built.map(|()| &request.body()[..])),
        }
    }
}

fn roots(roots: &Roots) -> Result<RootCerts, SetupError> {
    let pem = match roots {
        Roots::None => return Ok(RootCerts::new_with_certs(&[])),
        Roots::System => return Ok(RootCerts::PlatformVerifier),
        Roots::Pem(pem) => pem,
    };
    let items: Result<Vec<_>, Error> = parse_pem(pem.as_bytes()).collect();
    let items = items.map_err(|error| SetupError::Client(error.to_string()))?;
    let certificates = items.into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() {
        return Err(crate::no_certificate());
    }
    Ok(RootCerts::from(certificates))
}

/// Translates an error of ureq's into a [`RequestError`].
fn failure(error: &Error, url: &Url) -> RequestError {
    // ureq does not call these the causes of its error.
    let tls = match error {
        Error::Io(io) => handshake::failure(io, url),
        Error::Rustls(rustls) => handshake::failure(rustls, url),
        _ => None,
    };
    if let Some(failure) = tls {
        return failure;
    }
    match error {
        Error::Timeout(_) => RequestError::Timeout,
        Error::LargeResponseHeader(..) => RequestError::Body(BodyError::HeadTooLong),
        Error::BodyExceedsLimit(_) => RequestError::Body(BodyError::TooLong),
        // The inner type belongs to another crate and has no public name, so its message is compared.
        Error::Protocol(protocol) if protocol.to_string().contains("too many headers") => {
            RequestError::Body(BodyError::HeadTooLong)
        }
        Error::Protocol(_) | Error::Http(_) | Error::BodyStalled => RequestError::Body(BodyError::NotHttp),
        Error::Io(io) => broken(io),
        other => RequestError::Connect(other.to_string()),
    }
}

/// An error on an open connection means that the answer was cut off. If the connection was never opened, the error
/// says why.
fn broken(error: &io::Error) -> RequestError {
    match error.kind() {
        ErrorKind::TimedOut => RequestError::Timeout,
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => RequestError::Body(BodyError::Truncated),
        _ => RequestError::Connect(error.source().map_or_else(|| error.to_string(), ToString::to_string)),
    }
}
