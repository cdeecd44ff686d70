//! HTTP/2 on tokio: one connection for each origin, and one stream on it for each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanout_model::answer::Answer;
use fanout_model::retry::{Tried, repeat};
use fanout_model::{Found, Protocol, Request, RequestError, Retry, Settings, SetupError, Url};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::TokioExecutor;
use tokio::time::sleep;

use super::dial;
use super::{Runtime, Tokio, origin, request};
use crate::spoken::Spoken;
use crate::{MOST_TRIES, read, was_not_processed, was_refused};

/// One client that callers share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    runtime: Tokio,
    timeout: Duration,
    retry: Retry,
    open: Arc<Mutex<HashMap<String, Place>>>,
    spoken: Spoken,
}

/// The place of an origin's connection. It is locked while connecting, so that simultaneous requests share the
/// connection that the first one opens. Requests to other origins have other places.
type Place = Arc<tokio::sync::Mutex<Connections>>;

#[derive(Debug, Default)]
struct Connections {
    open: Option<Open>,
    /// How many connections were opened so far.
    opened: u64,
}

/// An open connection, and which one of its place it is.
#[derive(Clone, Debug)]
struct Open {
    number: u64,
    sender: SendRequest<Full<Bytes>>,
}

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
            retry: settings.retry,
            open: Arc::default(),
            spoken: Spoken::default(),
        })
    }

    /// Makes one request, reads its answer to the end, and checks it. If all streams that the server allows are in
    /// use, it waits for one. The request is sent again as the settings allow.
    pub async fn fetch(&self, request: &Request) -> Tried {
        repeat(&self.retry, request, || self.fetch_once(request), sleep).await
    }

    async fn fetch_once(&self, request: &Request) -> Result<Found, RequestError> {
        let answer = self.runtime.within(self.timeout, self.exchange(request)).await;
        answer.unwrap_or(Err(RequestError::Timeout))?.check()
    }

    async fn exchange(&self, asked: &Request) -> Result<Answer, RequestError> {
        let (built, url) = (request(asked, Protocol::Http2)?, asked.url());
        let failure = |error: &hyper::Error| self.spoken.failure(url, error);
        let mut tries = 0;
        let response = loop {
            let Open { number, mut sender } = self.connection(url).await?;
            match sender.try_send_request(built.clone()).await {
                Ok(response) => break response,
                Err(mut refused) => {
                    let was_not_sent = refused.take_message().is_some() && self.spoken.has_answered(url);
                    let error = refused.into_error();
                    tries += 1;
                    if tries > MOST_TRIES || !(was_not_sent || was_not_processed(&error)) {
                        return Err(failure(&error));
                    }
                    if !was_refused(&error) {
                        self.give_up(url, number).await;
                    }
                }
            }
        };
        self.spoken.answered(url);
        read(asked, response, failure).await
    }

    async fn connection(&self, url: &Url) -> Result<Open, RequestError> {
        let place = self.place(url);
        let mut place = place.lock().await;
        if let Some(open) = place.open.as_ref().filter(|open| !open.sender.is_closed()) {
            return Ok(open.clone());
        }
        let io = dial::connect(&self.runtime, url).await?;
        let mut builder = Builder::new(TokioExecutor::new());
        // No stream is opened before the server has said how many it allows (RFC 9113, section 6.5.2); it refuses
        // extra ones.
        let handshake = builder.initial_max_send_streams(0).handshake(io).await;
        let (sender, driver) = handshake.map_err(|error| self.spoken.failure(url, &error))?;
        // The driver ends when the last sender is dropped. If it ends for another reason, `Spoken` finds the reason.
        tokio::spawn(driver);
        place.opened += 1;
        let number = place.opened;
        Ok(place.open.insert(Open { number, sender }).clone())
    }

    /// Lets the next request open another connection in place of this one, unless another request has done so.
    async fn give_up(&self, url: &Url, number: u64) {
        let place = self.place(url);
        let mut place = place.lock().await;
        place.open.take_if(|open| open.number == number);
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
