//! reqwest's blocking client: one hidden thread with an event loop does all the traffic; callers wait on it.

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid, answer, runtime};

use crate::{equal_settings, failure, only_roots, setup};

/// One client, made to be shared between threads: clones share its connections and its hidden thread.
#[derive(Clone, Debug)]
pub struct Client(reqwest::blocking::Client);

impl Client {
    /// What it speaks.
    pub const PROTOCOLS: &[Protocol] = Protocol::ALL;

    /// Starts the hidden thread; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside a tokio runtime, where reqwest would panic; [`SetupError::Client`] where
    /// certificate roots cannot be read or the client cannot be built.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        runtime::refuse()?;
        let mut builder = equal_settings!(reqwest::blocking::Client::builder(), settings);
        if let Some(roots) = only_roots(&settings.roots)? {
            builder = builder.tls_certs_only(roots);
        }
        builder.build().map(Self).map_err(setup)
    }

    /// One request, to the end of its answer. Blocks the calling thread.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let response = self.0.get(url.clone()).send().map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body = response.bytes().map_err(|error| failure(&error))?;
        answer::uuid(status, &body)
    }
}
