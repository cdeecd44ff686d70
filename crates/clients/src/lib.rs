//! The HTTP clients that several models share. Each has its own file, a constructor and a `fetch`, and the same
//! settings.
//!
//! The model crates contain concurrency code and no HTTP code; this crate contains HTTP code and no concurrency code.
//! These settings are the same for all clients: no proxy from the environment, no redirects, the same retries (none
//! by default), `TCP_NODELAY`, enough idle connections for any concurrency, one timeout that covers connecting and
//! the whole answer, the same certificate roots, the same headers, one look-up of a name for all clients of a
//! process, and the next address of a host where one refuses or is silent.
//!
//! Each library is a feature of this crate, because a program that uses one model should not build the libraries of
//! the others. The bench `price` measures such programs.

mod handshake;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "reqwest")]
pub mod reqwest_async;
#[cfg(feature = "reqwest")]
pub mod reqwest_blocking;
#[cfg(feature = "reqwest")]
mod resolver;
#[cfg(feature = "hyper")]
mod spoken;
pub mod tls;
#[cfg(feature = "ureq")]
pub mod ureq;

use std::error::Error;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
use std::io::{self, Read};
#[cfg(feature = "reqwest")]
use std::time::{Duration, Instant};

#[cfg(feature = "hyper")]
use ::hyper::body::{Body, Bytes};
use fanout_model::SetupError;
#[cfg(feature = "reqwest")]
use fanout_model::{BodyError, Roots, Settings, Url};
#[cfg(any(feature = "reqwest", feature = "ureq"))]
use fanout_model::{Found, Protocol};
#[cfg(any(feature = "hyper", feature = "ureq"))]
use fanout_model::{Request, RequestError, answer::Answer};
#[cfg(any(feature = "reqwest", feature = "ureq"))]
use http::HeaderMap;
#[cfg(feature = "hyper")]
use http_body_util::BodyExt;
#[cfg(feature = "reqwest")]
use reqwest::header::{CONNECTION, HeaderValue};
#[cfg(feature = "reqwest")]
use reqwest::redirect::Policy;

#[cfg(feature = "reqwest")]
use crate::resolver::Resolver;
#[cfg(feature = "reqwest")]
use crate::spoken::Spoken;

/// A builder for reqwest's clients with the common settings. The blocking client is made from the same builder.
#[cfg(feature = "reqwest")]
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
#[cfg(any(feature = "reqwest", feature = "ureq"))]
pub fn choose_crypto() {
    // The only possible error is that one was already chosen, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[cfg(any(feature = "reqwest", feature = "ureq"))]
fn most_idle(protocol: Protocol) -> usize {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => usize::MAX,
        Protocol::ConnectionPerRequest => 0,
    }
}

/// The headers of every request. `Connection: close` asks HTTP/1.1 for it (RFC 9112, section 9.6).
#[cfg(feature = "reqwest")]
#[must_use]
pub fn headers(protocol: Protocol) -> HeaderMap {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => HeaderMap::new(),
        Protocol::ConnectionPerRequest => HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]),
    }
}

/// The only roots to trust; `None` means the roots of the system.
#[cfg(feature = "reqwest")]
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

#[cfg(feature = "reqwest")]
fn setup(error: reqwest::Error) -> SetupError {
    SetupError::Client(innermost(&error))
}

/// What reqwest's clients need to translate errors: the servers that have answered in HTTP/2, if that is the
/// protocol.
#[cfg(feature = "reqwest")]
fn spoken(protocol: Protocol) -> Option<Spoken> {
    (protocol == Protocol::Http2).then(Spoken::default)
}

/// Whether a request failed only because it waited for an HTTP/2 connection that another request could not open.
///
/// Only the other request learns the reason. This one was never sent, and may be tried again.
#[cfg(feature = "reqwest")]
fn only_waited(error: &reqwest::Error) -> bool {
    // hyper-util keeps this type to itself (`client/legacy/pool.rs`, `CheckoutNoLongerWanted`), so its message is
    // compared.
    error.is_connect() && innermost(error) == "request was canceled"
}

/// How often a request is tried again that a server has not processed.
#[cfg(feature = "hyper")]
pub const MOST_TRIES: usize = 10;

/// Whether the server said that it did not process this request, so that it may be sent again: the connection went
/// away before its turn came, or the stream was refused (RFC 9113, section 8.7).
#[cfg(feature = "hyper")]
fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    let went_away = |error: &h2::Error| error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    was_refused(error) || from_the_server(error).any(went_away)
}

/// Whether the server refused the stream of this request alone. Its connection is as good as before.
#[cfg(feature = "hyper")]
fn was_refused(error: &(dyn Error + 'static)) -> bool {
    from_the_server(error).any(|error| error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// The errors of HTTP/2 among the causes that the server sent.
#[cfg(feature = "hyper")]
fn from_the_server<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a h2::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).filter(|error| error.is_remote())
}

/// Decides whether one of reqwest's clients sends a request again.
#[cfg(feature = "reqwest")]
struct Tries {
    began: Instant,
    timeout: Duration,
    not_processed: usize,
}

#[cfg(feature = "reqwest")]
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
#[cfg(feature = "reqwest")]
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
#[cfg(feature = "hyper")]
async fn read<B, F>(request: &Request, response: ::hyper::Response<B>, failure: F) -> Result<Answer, RequestError>
where
    B: Body<Data = Bytes> + Unpin,
    F: Fn(&B::Error) -> RequestError,
{
    let (head, mut body) = response.into_parts();
    let mut answer = Answer::begin(request, head.status.as_u16(), &head.headers)?;
    answer.expect(body.size_hint().lower());
    while let Some(frame) = body.frame().await {
        if let Some(part) = frame.map_err(|error| failure(&error))?.data_ref() {
            answer.take(part)?;
        }
    }
    Ok(answer)
}

/// How much a blocking client reads at once, in bytes.
#[cfg(any(feature = "reqwest", feature = "ureq"))]
const PART: usize = 16 * 1024;

/// Reads the body of an answer to its end, part by part, and checks it. `length` is what its head promised, and
/// `failure` translates an error of the body.
#[cfg(any(feature = "reqwest", feature = "ureq"))]
fn read_blocking<F>(
    request: &Request,
    (status, headers): (u16, &HeaderMap),
    length: Option<u64>,
    mut body: impl Read,
    failure: F,
) -> Result<Found, RequestError>
where
    F: Fn(io::Error) -> RequestError,
{
    // Excerpt: begins.
    let (mut answer, mut part) = (Answer::begin(request, status, headers)?, [0; PART]);
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
