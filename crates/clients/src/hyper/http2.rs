//! HTTP/2 on tokio: one connection for each origin, and one stream on it for each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanout_model::answer::Answer;
use fanout_model::{Found, Protocol, Request, RequestError, Settings, SetupError, Url};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::TokioExecutor;

use super::dial;
use super::{Runtime, Tokio, origin, request};
use crate::read;
use crate::spoken::Spoken;

/// One client that callers share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    runtime: Tokio,
    timeout: Duration,
    open: Arc<Mutex<HashMap<String, Place>>>,
    spoken: Spoken,
}

/// The place of an origin's connection. It is locked while connecting, so that simultaneous requests share the
/// connection that the first one opens. Requests to other origins have other places.
type Place = Arc<tokio::sync::Mutex<Option<SendRequest<Full<Bytes>>>>>;

impl Client {
    /// The protocols that the client speaks.
    pub const PROTOCOLS: &[Protocol] = &[Protocol::Http2];

    /// Builds the client. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] if the certificate roots cannot be read; [`SetupError::Unsupported`] for HTTP/1.1.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Self::PROTOCOLS)?;
        Ok(Self {
            runtime: Tokio::new(settings)?,
            timeout: settings.timeout,
            open: Arc::default(),
            spoken: Spoken::default(),
        })
    }

    /// Makes one request, reads its answer to the end, and checks it. If all streams that the server allows are in
    /// use, it waits for one.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn fetch(&self, request: &Request) -> Result<Found, RequestError> {
        let answer = self.runtime.within(self.timeout, self.exchange(request)).await;
        answer.unwrap_or(Err(RequestError::Timeout))?.check()
    }

    async fn exchange(&self, asked: &Request) -> Result<Answer, RequestError> {
        let (built, url) = (request(asked, Protocol::Http2)?, asked.url());
        let mut connection = self.connection(url).await?;
        let failure = |error: &hyper::Error| self.spoken.failure(url, error);
        let response = connection.send_request(built).await.map_err(|error| failure(&error))?;
        self.spoken.answered(url);
        read(asked, response.status().as_u16(), response.into_body(), failure).await
    }

    async fn connection(&self, url: &Url) -> Result<SendRequest<Full<Bytes>>, RequestError> {
        let place = self.place(url);
        let mut open = place.lock().await;
        if let Some(connection) = open.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let io = dial::connect(&self.runtime, url).await?;
        let mut builder = Builder::new(TokioExecutor::new());
        // No stream is opened before the server has said how many it allows (RFC 9113, section 6.5.2); it refuses
        // extra ones.
        let handshake = builder.initial_max_send_streams(0).handshake(io).await;
        let (connection, driver) = handshake.map_err(|error| self.spoken.failure(url, &error))?;
        // The driver ends when the last sender is dropped. If it ends for another reason, `Spoken` finds the reason.
        tokio::spawn(driver);
        *open = Some(connection.clone());
        Ok(connection)
    }

    fn place(&self, url: &Url) -> Place {
        // A thread that panicked left a valid map, because an insertion is never half done.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = open.get(origin(url)) {
            return Arc::clone(place);
        }
        Arc::clone(open.entry(origin(url).to_owned()).or_default())
    }
}
