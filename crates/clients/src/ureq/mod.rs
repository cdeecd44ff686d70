//! ureq: a truly synchronous client. The calling thread writes, waits and reads by itself; there is no hidden
//! runtime.

mod resolver;

use std::error::Error as _;
use std::io::{self, ErrorKind};

use fanout_model::{BodyError, Protocol, RequestError, Roots, Settings, SetupError, Url, Uuid, answer, runtime};
use ureq::http::header::CONNECTION;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error};

/// As ureq counts.
const MOST_BODY: u64 = answer::MOST_BODY as u64;

/// One client, made to be shared between threads: clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    protocol: Protocol,
}

impl Client {
    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside a tokio runtime, whose thread it would block; [`SetupError::Client`]
    /// where certificate roots cannot be read; [`SetupError::Unsupported`] for HTTP/2, which it does not speak.
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
        let agent = Agent::with_parts(config.build(), DefaultConnector::default(), resolver::Once::default());
        Ok(Self { agent, protocol: settings.protocol })
    }

    /// One request, to the end of its answer. Blocks the calling thread.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let mut request = self.agent.get(url.as_str());
        if self.protocol == Protocol::ConnectionPerRequest {
            request = request.header(CONNECTION, "close");
        }
        let mut response = request.call().map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(MOST_BODY).read_to_vec().map_err(|error| failure(&error))?;
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

/// Sorts a failure of ureq's into ours.
fn failure(error: &Error) -> RequestError {
    match error {
        Error::Timeout(_) => RequestError::Timeout,
        Error::LargeResponseHeader(..) => RequestError::Body(BodyError::HeadTooLong),
        Error::BodyExceedsLimit(_) => RequestError::Body(BodyError::TooLong),
        // Its type is not ureq's, and has no public name; its words are.
        Error::Protocol(protocol) if protocol.to_string().contains("too many headers") => {
            RequestError::Body(BodyError::HeadTooLong)
        }
        Error::Protocol(_) | Error::Http(_) | Error::BodyStalled => RequestError::Body(BodyError::NotHttp),
        Error::Io(io) => broken(io),
        other => RequestError::Connect(other.to_string()),
    }
}

/// A connection that broke once it stood is an answer cut off; one that never stood says why.
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
