//! reqwest's asynchronous client: a pool of connections. The tokio runtime of the caller drives it.

use std::time::{Duration, Instant};

use fanout_model::answer::Answer;
use fanout_model::{Found, Protocol, Request, RequestError, Settings, SetupError};

use crate::spoken::Spoken;
use crate::{MOST_TRIES, builder, failure, only_waited, read, setup, spoken, was_not_processed};

/// One client that callers share: clones use the same connections.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::Client,
    timeout: Duration,
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
        Ok(Self { client, timeout: settings.timeout, spoken: spoken(settings.protocol) })
    }

    /// Makes one request, reads its answer to the end, and checks it.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn fetch(&self, request: &Request) -> Result<Found, RequestError> {
        self.receive(request).await?.check()
    }

    /// Makes one request, and reads its answer to the end. The caller decides where the answer is checked.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn receive(&self, request: &Request) -> Result<Answer, RequestError> {
        let failure = |error: &reqwest::Error| failure(error, request.url(), self.spoken.as_ref());
        let response = self.send(request).await.map_err(|error| failure(&error))?;
        if let Some(spoken) = &self.spoken {
            spoken.answered(request.url());
        }
        let status = response.status().as_u16();
        read(request, status, reqwest::Body::from(response), failure).await
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    async fn send(&self, request: &Request) -> Result<reqwest::Response, reqwest::Error> {
        let (began, mut left, mut tries) = (Instant::now(), None, 0);
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
            match building.send().await {
                Err(error) if only_waited(&error) || was_not_processed(&error) && tries < MOST_TRIES => {
                    tries += usize::from(!only_waited(&error));
                    left = Some(self.timeout.saturating_sub(began.elapsed()));
                }
                sent => return sent,
            }
        }
    }
}
