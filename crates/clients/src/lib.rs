//! The HTTP clients that several models share: one file each, one constructor and one `fetch` each, equal settings.
//!
//! Models contain concurrency code and no HTTP code; HTTP code is here and contains no concurrency. What is equal:
//! no proxy from the environment, no redirects, no retries, `TCP_NODELAY`, idle connections enough for any
//! concurrency, one timeout that covers connecting and the whole answer, and the same certificate roots.

pub mod hyper;
pub mod reqwest_async;
pub mod reqwest_blocking;
mod resolver;
mod spoken;
pub mod tls;
pub mod ureq;

use std::error::Error;

use ::hyper::body::{Body, Bytes};
use fanout_model::{BodyError, Protocol, RequestError, Roots, Settings, SetupError, Url, answer};
use http_body_util::{BodyExt, Limited};
use reqwest::header::{CONNECTION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use crate::resolver::Resolver;
use crate::spoken::Spoken;

/// reqwest's builder with the equal settings; its blocking client is made of the same.
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

/// `ring` signs for the whole process, unless the program has chosen already.
fn choose_crypto() {
    // The only error is "already chosen", which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn most_idle(protocol: Protocol) -> usize {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => usize::MAX,
        Protocol::ConnectionPerRequest => 0,
    }
}

/// Those of every request. `Connection: close` is how HTTP/1.1 says it (RFC 9112, section 9.6).
#[must_use]
pub fn headers(protocol: Protocol) -> HeaderMap {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => HeaderMap::new(),
        Protocol::ConnectionPerRequest => HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]),
    }
}

/// The only roots to trust, or `None` for the system's.
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

/// What reqwest has to know for sorting its failures: the servers that have answered in HTTP/2, where that is spoken.
fn spoken(protocol: Protocol) -> Option<Spoken> {
    (protocol == Protocol::Http2).then(Spoken::default)
}

/// Whether a request only waited for a connection of HTTP/2 that another request was opening, in vain.
///
/// Why it did not, only the other request is told. This one has not been tried at all, and may ask for itself.
fn only_waited(error: &reqwest::Error) -> bool {
    // The type is hyper-util's own (`client/legacy/pool.rs`, `CheckoutNoLongerWanted`), and so are the words.
    error.is_connect() && innermost(error) == "request was canceled"
}

/// Sorts a failure of reqwest's at this URL into ours.
fn failure(error: &reqwest::Error, url: &Url, http2: Option<&Spoken>) -> RequestError {
    if error.is_timeout() {
        return RequestError::Timeout;
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
    // What is left once connected: a connection that ended before its answer did, politely or by a reset.
    if error.is_body() || error.is_decode() {
        return RequestError::Body(BodyError::Truncated);
    }
    RequestError::Connect(innermost(error))
}

/// Reads a body to its end, or until it is too long; `failure` sorts what may go wrong meanwhile.
async fn collect<B>(body: B, failure: impl FnOnce(&B::Error) -> RequestError) -> Result<Bytes, RequestError>
where
    B: Body<Data = Bytes>,
    B::Error: Error + Send + Sync + 'static,
{
    let collected = Limited::new(body, answer::MOST_BODY).collect().await.map_err(|error| {
        let failure = error.downcast_ref().map(failure);
        // What is no error of the body's is the limit's.
        failure.unwrap_or(RequestError::Body(BodyError::TooLong))
    })?;
    Ok(collected.to_bytes())
}

/// An error, and what caused it.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// In words. The last cause is the one that a person can act on ("Connection refused"); those above repeat the URL.
#[must_use]
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
