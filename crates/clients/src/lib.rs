//! The HTTP clients that several models share. Each has its own file, a constructor and a `fetch`, and the same
//! settings.
//!
//! The model crates contain concurrency code and no HTTP code; this crate contains HTTP code and no concurrency code.
//! These settings are the same for all clients: no proxy from the environment, no redirects, no retries,
//! `TCP_NODELAY`, enough idle connections for any concurrency, one timeout that covers connecting and the whole
//! answer, the same certificate roots, the same headers, one look-up of a name for all clients of a process, and the
//! next address of a host where one refuses or is silent.

mod handshake;
pub mod hyper;
pub mod reqwest_async;
pub mod reqwest_blocking;
mod resolver;
mod spoken;
pub mod tls;
pub mod ureq;

use std::error::Error;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ::hyper::body::{Body, Bytes};
use fanout_model::answer::Answer;
use fanout_model::{BodyError, Found, Protocol, Request, RequestError, Roots, Settings, SetupError, Url};
use http_body_util::BodyExt;
use reqwest::header::{CONNECTION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use crate::resolver::Resolver;
use crate::spoken::Spoken;

/// A builder for reqwest's clients with the common settings. The blocking client is made from the same builder.
fn builder(settings: &Settings) -> Result<reqwest::ClientBuilder, SetupError> {
    choose_crypto();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .pool_max_idle_per_host(most_idle(settings.protocol))
        .timeout(settings.timeout)
        .dns_resolver(Resolver)
        .default_headers(headers(settings.protocol));
    if let Some(roots) = only_roots(&settings.roots)? {
        builder = builder.tls_certs_only(roots);
    }
    Ok(match settings.protocol {
        Protocol::KeepAlive | Protocol::ConnectionPerRequest => builder.http1_only(),
        Protocol::Http2 => builder.http2_prior_knowledge(),
    })
}

/// Makes `ring` the TLS cryptography of the whole process, unless the program has already chosen one.
fn choose_crypto() {
    // The only possible error is that one was already chosen, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn most_idle(protocol: Protocol) -> usize {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => usize::MAX,
        Protocol::ConnectionPerRequest => 0,
    }
}

/// The headers of every request. `Connection: close` asks HTTP/1.1 for it (RFC 9112, section 9.6).
#[must_use]
pub fn headers(protocol: Protocol) -> HeaderMap {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => HeaderMap::new(),
        Protocol::ConnectionPerRequest => HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]),
    }
}

/// The only roots to trust; `None` means the roots of the system.
fn only_roots(roots: &Roots) -> Result<Option<Vec<reqwest::Certificate>>, SetupError> {
    match roots {
        Roots::None => Ok(Some(Vec::new())),
        Roots::System => Ok(None),
        Roots::Pem(pem) => {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(setup)?;
            if roots.is_empty() {
                return Err(no_certificate());
            }
            Ok(Some(roots))
        }
    }
}

fn no_certificate() -> SetupError {
    SetupError::Client("the file of certificate roots holds no PEM certificate".into())
}

fn setup(error: reqwest::Error) -> SetupError {
    SetupError::Client(innermost(&error))
}

/// What reqwest's clients need to translate errors: the servers that have answered in HTTP/2, if that is the
/// protocol.
fn spoken(protocol: Protocol) -> Option<Spoken> {
    (protocol == Protocol::Http2).then(Spoken::default)
}

/// Whether a request failed only because it waited for an HTTP/2 connection that another request could not open.
///
/// Only the other request learns the reason. This one was never sent, and may be tried again.
fn only_waited(error: &reqwest::Error) -> bool {
    // hyper-util keeps this type to itself (`client/legacy/pool.rs`, `CheckoutNoLongerWanted`), so its message is
    // compared.
    error.is_connect() && innermost(error) == "request was canceled"
}

/// How often a request is tried again that a server has not processed.
const MOST_TRIES: usize = 10;

/// Whether the server said that it did not process this request, so that it may be sent again: the connection went
/// away before its turn came, or the stream was refused (RFC 9113, section 8.7).
fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|error| {
        let went_away = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
        let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (went_away || refused)
    })
}

/// Decides whether one of reqwest's clients sends a request again.
struct Tries {
    began: Instant,
    timeout: Duration,
    not_processed: usize,
}

impl Tries {
    /// Begins a request that may take this long in all.
    fn within(timeout: Duration) -> Self {
        Self { began: Instant::now(), timeout, not_processed: 0 }
    }

    /// Returns how much time is left for sending the request again after this error, or `None` if it must not be sent
    /// again.
    fn left(&mut self, error: &reqwest::Error) -> Option<Duration> {
        if !only_waited(error) {
            if !was_not_processed(error) || self.not_processed == MOST_TRIES {
                return None;
            }
            self.not_processed += 1;
        }
        Some(self.timeout.saturating_sub(self.began.elapsed()))
    }
}

/// Translates an error of reqwest's at this URL into a [`RequestError`].
fn failure(error: &reqwest::Error, url: &Url, http2: Option<&Spoken>) -> RequestError {
    if error.is_timeout() {
        return RequestError::Timeout;
    }
    if let Some(failure) = handshake::failure(error, url) {
        return failure;
    }
    if error.is_connect() || error.is_builder() {
        return RequestError::Connect(innermost(error));
    }
    if let Some(spoken) = http2 {
        return spoken.failure(url, error);
    }
    if let Some(hyper) = causes(error).find_map(|cause| cause.downcast_ref::<::hyper::Error>()) {
        return hyper::failure(hyper);
    }
    // Once connected, one case is left: the connection was closed or reset before the end of the answer.
    if error.is_body() || error.is_decode() {
        return RequestError::Body(BodyError::Truncated);
    }
    RequestError::Connect(innermost(error))
}

/// Reads the body of an answer to its end, part by part; `failure` translates an error of the body.
async fn read<B, F>(request: &Request, status: u16, mut body: B, failure: F) -> Result<Answer, RequestError>
where
    B: Body<Data = Bytes> + Unpin,
    F: Fn(&B::Error) -> RequestError,
{
    let mut answer = Answer::begin(request, status)?;
    answer.expect(body.size_hint().lower());
    while let Some(frame) = body.frame().await {
        if let Some(part) = frame.map_err(|error| failure(&error))?.data_ref() {
            answer.take(part)?;
        }
    }
    Ok(answer)
}

/// How much a blocking client reads at once, in bytes.
const PART: usize = 16 * 1024;

/// Reads the body of an answer to its end, part by part, and checks it. `length` is what its head promised, and
/// `failure` translates an error of the body.
fn read_blocking<F>(
    request: &Request,
    status: u16,
    length: Option<u64>,
    mut body: impl Read,
    failure: F,
) -> Result<Found, RequestError>
where
    F: Fn(io::Error) -> RequestError,
{
    // Excerpt: begins.
    let (mut answer, mut part) = (Answer::begin(request, status)?, [0; PART]);
    answer.expect(length.unwrap_or(0));
    loop {
        match body.read(&mut part) {
            Ok(0) => return answer.check(),
            Ok(n) => answer.take(&part[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failure(error)),
        }
    }
    // Excerpt: ends.
}

/// An error, followed by its causes.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// An error as text. The last cause is the useful one ("Connection refused"); the ones above it repeat the URL.
#[must_use]
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
