//! reqwest's asynchronous client: a pool of connections. The tokio runtime of the caller drives it.

use std::time::Duration;

use fanout_model::answer::Answer;
use fanout_model::retry::{Tried, repeat};
use fanout_model::{Found, Protocol, Request, RequestError, Retry, Settings, SetupError};
use tokio::time::sleep;

use crate::spoken::Spoken;
use crate::{Tries, builder, failure, read, setup, spoken};

/// One client that callers share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::Client,
    timeout: Duration,
    retry: Retry,
    spoken: Option<Spoken>,
}

impl Client {
    /// The protocols that the client speaks.
    pub const PROTOCOLS: &[Protocol] = Protocol::ALL;

    /// Builds the client. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] if the certificate roots cannot be read or the client cannot be built.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let client = builder(settings)?.build().map_err(setup)?;
        let Settings { timeout, retry, .. } = *settings;
        Ok(Self { client, timeout, retry, spoken: spoken(settings.protocol) })
    }

    /// Makes one request, reads its answer to the end, and checks it. The request is sent again as the settings
    /// allow.
    pub async fn fetch(&self, request: &Request) -> Tried {
        self.repeat(request, || self.fetch_once(request)).await
    }

    /// Makes one request in one attempt, reads its answer to the end, and checks it.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn fetch_once(&self, request: &Request) -> Result<Found, RequestError> {
        self.receive(request).await?.check()
    }

    /// Sends a request with `send`, and again as the settings allow.
    pub async fn repeat<F>(&self, request: &Request, send: impl FnMut() -> F) -> Tried
    where
        F: Future<Output = Result<Found, RequestError>>,
    {
        repeat(&self.retry, request, send, sleep).await
    }

    /// Makes one request in one attempt, and reads its answer to the end. The caller decides where the answer is
    /// checked.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn receive(&self, request: &Request) -> Result<Answer, RequestError> {
        let failure = |error: &reqwest::Error| failure(error, request.url(), self.spoken.as_ref());
        let response = self.send(request).await.map_err(|error| failure(&error))?;
        if let Some(spoken) = &self.spoken {
            spoken.answered(request.url());
        }
        read(request, response.into(), failure).await
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    async fn send(&self, request: &Request) -> Result<reqwest::Response, reqwest::Error> {
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
            let sent = building.send().await;
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
