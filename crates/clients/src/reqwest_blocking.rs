//! reqwest's blocking client: one hidden thread with an event loop does all the traffic, and callers wait for it.

use std::time::Duration;

use fanout_model::retry::{Tried, repeat_blocking};
use fanout_model::{BodyError, Found, Protocol, Request, RequestError, Retry, Settings, SetupError, runtime};
use reqwest::blocking::{ClientBuilder, Response};

use crate::spoken::Spoken;
use crate::{Tries, builder, failure, read_blocking, setup, spoken};

/// One client that threads share: clones use the same connections and the same hidden thread.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::blocking::Client,
    timeout: Duration,
    retry: Retry,
    spoken: Option<Spoken>,
}

impl Client {
    /// The protocols that the client speaks.
    pub const PROTOCOLS: &[Protocol] = Protocol::ALL;

    /// Starts the hidden thread. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside a tokio runtime, where reqwest would panic; [`SetupError::Client`] if the
    /// certificate roots cannot be read or the client cannot be built.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        runtime::refuse()?;
        // The inner timeout covers the head and the body together. The outer timeout applies to each part, and ends
        // requests that the hidden thread is too busy to end.
        let builder = ClientBuilder::from(builder(settings)?).timeout(settings.timeout);
        let client = builder.build().map_err(setup)?;
        let Settings { timeout, retry, .. } = *settings;
        Ok(Self { client, timeout, retry, spoken: spoken(settings.protocol) })
    }

    /// Makes one request, reads its answer to the end, and checks it. The request is sent again as the settings
    /// allow. It blocks the calling thread.
    #[must_use]
    pub fn fetch(&self, request: &Request) -> Tried {
        repeat_blocking(&self.retry, request, || self.fetch_once(request))
    }

    fn fetch_once(&self, request: &Request) -> Result<Found, RequestError> {
        let failure = |error: &reqwest::Error| failure(error, request.url(), self.spoken.as_ref());
        let mut response = self.send(request).map_err(|error| failure(&error))?;
        if let Some(spoken) = &self.spoken {
            spoken.answered(request.url());
        }
        let (status, length) = (response.status().as_u16(), response.content_length());
        let headers = std::mem::take(response.headers_mut());
        read_blocking(request, (status, &headers), length, response, |error| {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
            cause.map_or(RequestError::Body(BodyError::Truncated), failure)
        })
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    fn send(&self, request: &Request) -> Result<Response, reqwest::Error> {
        let (mut tries, mut left) = (Tries::within(self.timeout), None);
        loop {
            let mut building = self.client.request(request.method().clone(), request.url().clone());
            // The client adds the header that every request has.
            if !request.is_simple() {
                building = building.headers(request.headers().clone());
            }
            if !request.body().is_empty() {
                building = building.body(request.body().clone());
            }
            if let Some(left) = left {
                building = building.timeout(left);
            }
            let sent = building.send();
            left = match &sent {
                Err(error) => tries.left(error),
                Ok(_) => None,
            };
            if left.is_none() {
                return sent;
            }
        }
    }
}
