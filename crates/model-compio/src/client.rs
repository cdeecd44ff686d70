//! cyper: hyper's client on compio's sockets, with the common settings of `fanout-clients`.
//!
//! cyper does not set `TCP_NODELAY`, has no option for it, and the system's default is off. That delays nothing here,
//! because a request is one write, and is written only after the answer before it has arrived.

use std::time::Duration;

use compio::time::timeout;
use cyper::Error;
use cyper::redirect::Policy;
use fanout_clients::{causes, innermost, tls};
use fanout_model::{BodyError, Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};
use futures_util::stream::StreamExt;
use hyper::Uri;

/// One client. It must stay on its thread, and be used inside its runtime only.
pub(crate) struct Client {
    client: cyper::Client,
    timeout: Duration,
}

impl Client {
    /// Builds the client. It opens no connection yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        let tls = tls::config(&settings.roots, settings.protocol)?;
        let builder = cyper::Client::builder().no_proxy().redirect(Policy::none()).use_rustls(tls);
        let builder = builder.default_headers(fanout_clients::headers(settings.protocol));
        let client = builder.build().map_err(|error| SetupError::Client(innermost(&error)))?;
        Ok(Self { client, timeout: settings.timeout })
    }

    /// Makes one request, and reads its answer to the end.
    pub(crate) async fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        timeout(self.timeout, self.exchange(url)).await.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, url: &Url) -> Result<Uuid, RequestError> {
        // cyper would panic if the text were not a valid URI.
        Uri::try_from(url.as_str()).map_err(|error| RequestError::Connect(error.to_string()))?;
        let request = self.client.get(url.clone()).map_err(|error| failure(&error))?;
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let mut parts = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.map_err(|error| failure(&error))?);
            if body.len() > answer::MOST_BODY {
                return Err(RequestError::Body(BodyError::TooLong));
            }
        }
        answer::uuid(status, &body)
    }
}

/// Translates an error of cyper's into a [`RequestError`].
fn failure(error: &Error) -> RequestError {
    if matches!(error, Error::HyperClient(error) if error.is_connect()) {
        return RequestError::Connect(innermost(error));
    }
    match causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(hyper) => fanout_clients::hyper::failure(hyper),
        None => RequestError::Connect(innermost(error)),
    }
}
