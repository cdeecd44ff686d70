//! reqwest's asynchronous client: a pool of connections. The tokio runtime of the caller drives it.

use std::time::{Duration, Instant};

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};

use crate::spoken::Spoken;
use crate::{builder, collect, failure, only_waited, setup, spoken};

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

    /// Makes one request, and reads its answer to the end.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let failure = |error: &reqwest::Error| failure(error, url, self.spoken.as_ref());
        let response = self.send(url).await.map_err(|error| failure(&error))?;
        if let Some(spoken) = &self.spoken {
            spoken.answered(url);
        }
        let status = response.status().as_u16();
        let body = collect(reqwest::Body::from(response), failure).await?;
        answer::uuid(status, &body)
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    async fn send(&self, url: &Url) -> Result<reqwest::Response, reqwest::Error> {
        let began = Instant::now();
        let mut request = self.client.get(url.clone());
        loop {
            match request.send().await {
                Err(error) if only_waited(&error) => {
                    let left = self.timeout.saturating_sub(began.elapsed());
                    request = self.client.get(url.clone()).timeout(left);
                }
                sent => return sent,
            }
        }
    }
}
