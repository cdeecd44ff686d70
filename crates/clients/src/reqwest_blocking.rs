//! reqwest's blocking client: one hidden thread with an event loop does all the traffic, and callers wait for it.

use std::io::Read;
use std::time::{Duration, Instant};

use fanout_model::{BodyError, Protocol, RequestError, Settings, SetupError, Url, Uuid, answer, runtime};
use reqwest::blocking::{ClientBuilder, Response};

use crate::spoken::Spoken;
use crate::{builder, failure, only_waited, setup, spoken};

/// One client that threads share: clones use the same connections and the same hidden thread.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::blocking::Client,
    timeout: Duration,
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
        Ok(Self { client, timeout: settings.timeout, spoken: spoken(settings.protocol) })
    }

    /// Makes one request, and reads its answer to the end. It blocks the calling thread.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let failure = |error: &reqwest::Error| failure(error, url, self.spoken.as_ref());
        let mut response = self.send(url).map_err(|error| failure(&error))?;
        if let Some(spoken) = &self.spoken {
            spoken.answered(url);
        }
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let beyond = answer::MOST_BODY as u64 + 1;
        response.by_ref().take(beyond).read_to_end(&mut body).map_err(|error| {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
            cause.map_or(RequestError::Body(BodyError::Truncated), failure)
        })?;
        if body.len() > answer::MOST_BODY {
            return Err(RequestError::Body(BodyError::TooLong));
        }
        answer::uuid(status, &body)
    }

    /// Makes one request, and returns when the head of its answer has arrived.
    fn send(&self, url: &Url) -> Result<Response, reqwest::Error> {
        let began = Instant::now();
        let mut request = self.client.get(url.clone());
        loop {
            match request.send() {
                Err(error) if only_waited(&error) => {
                    let left = self.timeout.saturating_sub(began.elapsed());
                    request = self.client.get(url.clone()).timeout(left);
                }
                sent => return sent,
            }
        }
    }
}
