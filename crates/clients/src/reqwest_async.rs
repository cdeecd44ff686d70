//! reqwest's asynchronous client: a pool of connections driven by the tokio runtime it is used in.

use std::time::{Duration, Instant};

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};

use crate::spoken::Spoken;
use crate::{builder, collect, failure, only_waited, setup, spoken};

/// One client, made to be shared: clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::Client,
    timeout: Duration,
    spoken: Option<Spoken>,
}

impl Client {
    /// What it speaks.
    pub const PROTOCOLS: &[Protocol] = Protocol::ALL;

    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] where certificate roots cannot be read or the client cannot be built.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let client = builder(settings)?.build().map_err(setup)?;
        Ok(Self { client, timeout: settings.timeout, spoken: spoken(settings.protocol) })
    }

    /// One request, to the end of its answer.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
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

    /// One request, to the head of its answer.
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
