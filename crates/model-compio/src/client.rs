//! cyper: hyper's client on compio's sockets, with the equal settings of `fanout-clients`.
//!
//! It leaves `TCP_NODELAY` as the system has it, which is off, and lets nobody set it. That delays nothing here: a
//! request is one write, made when the answer before it has come.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use compio::time::timeout;
use cyper::Error;
use cyper::redirect::Policy;
use fanout_model::{BodyError, Protocol, RequestError, Roots, Settings, SetupError, Url, Uuid, answer};
use hyper::Uri;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// One client. It may not leave its thread, nor be used outside of its runtime.
pub(crate) struct Client {
    client: cyper::Client,
    timeout: Duration,
}

impl Client {
    /// Builds the client; connects nowhere yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        // The only error is "already chosen", which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = cyper::Client::builder().no_proxy().redirect(Policy::none());
        let builder = builder.default_headers(headers(settings.protocol));
        let builder = match only_roots(&settings.roots)? {
            Some(roots) => {
                let mut tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                tls.alpn_protocols = vec![b"http/1.1".into()];
                builder.use_rustls(Arc::new(tls))
            }
            None => builder.use_rustls_default(),
        };
        let client = builder.build().map_err(|error| SetupError::Client(innermost(&error)))?;
        Ok(Self { client, timeout: settings.timeout })
    }

    /// One request, to the end of its answer.
    pub(crate) async fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        timeout(self.timeout, self.exchange(url)).await.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, url: &Url) -> Result<Uuid, RequestError> {
        // What is no URI would make cyper panic.
        Uri::try_from(url.as_str()).map_err(|error| RequestError::Connect(error.to_string()))?;
        let request = self.client.get(url.clone()).map_err(|error| failure(&error))?;
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| failure(&error))?;
        answer::uuid(status, &body)
    }
}

/// `Connection: close` is how HTTP/1.1 says it (RFC 9112, section 9.6).
fn headers(protocol: Protocol) -> HeaderMap {
    match protocol {
        Protocol::KeepAlive | Protocol::Http2 => HeaderMap::new(),
        Protocol::ConnectionPerRequest => HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]),
    }
}

/// The only roots to trust, or `None` for the system's.
fn only_roots(roots: &Roots) -> Result<Option<RootCertStore>, SetupError> {
    let refused = |reason: String| SetupError::Client(format!("the certificate roots: {reason}"));
    let mut store = RootCertStore::empty();
    match roots {
        Roots::None => {}
        Roots::System => return Ok(None),
        Roots::Pem(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| refused(error.to_string()))?;
                store.add(certificate).map_err(|error| refused(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(refused("the file holds no PEM certificate".into()));
            }
        }
    }
    Ok(Some(store))
}

/// Sorts a failure of cyper's into ours.
fn failure(error: &Error) -> RequestError {
    if matches!(error, Error::HyperClient(error) if error.is_connect()) {
        return RequestError::Connect(innermost(error));
    }
    let hyper = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    match hyper {
        Some(hyper) if hyper.is_parse() => RequestError::Body(BodyError::NotHttp),
        // What is left once connected: a connection that ended before its answer did, politely or by a reset.
        Some(_) => RequestError::Body(BodyError::Truncated),
        None => RequestError::Connect(innermost(error)),
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

/// The last cause is the one that a person can act on ("Connection refused").
fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
