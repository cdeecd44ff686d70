//! ureq: a synchronous client. The calling thread itself writes, waits and reads; there is no hidden runtime.

mod resolver;

use std::error::Error as _;
use std::io::{self, ErrorKind};

use fanout_model::{BodyError, Protocol, RequestError, Roots, Settings, SetupError, Url, Uuid, answer, runtime};
use ureq::http::header::CONNECTION;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Error};

use self::resolver::{Dial, Shared};
use crate::handshake;

/// [`answer::MOST_BODY`] in the type that ureq uses.
const MOST_BODY: u64 = answer::MOST_BODY as u64;

/// One client that threads share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    protocol: Protocol,
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
            .no_delay(true)
            .max_idle_connections(most_idle)
            .max_idle_connections_per_host(most_idle)
            .timeout_global(Some(settings.timeout))
            .max_response_header_size(answer::MOST_HEAD)
            .user_agent("")
            .tls_config(TlsConfig::builder().root_certs(roots(&settings.roots)?).build());
        let connector = ().chain(Dial::default()).chain(RustlsConnector::default());
        let agent = Agent::with_parts(config.build(), connector, Shared);
        Ok(Self { agent, protocol: settings.protocol })
    }

    /// Makes one request, and reads its answer to the end. It blocks the calling thread.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let mut request = self.agent.get(url.as_str());
        if self.protocol == Protocol::ConnectionPerRequest {
            request = request.header(CONNECTION, "close");
        }
        let mut response = request.call().map_err(|error| failure(&error, url))?;
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(MOST_BODY).read_to_vec().map_err(|error| failure(&error, url))?;
        answer::uuid(status, &body)
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
