//! reqwest's asynchronous client: a pool of connections driven by the tokio runtime it is used in.

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};

use crate::{equal_settings, failure, only_roots, setup};

/// One client, made to be shared: clones share its connections.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

impl Client {
    /// What it speaks.
    pub const PROTOCOLS: &[Protocol] = Protocol::ALL;

    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] where certificate roots cannot be read or the client cannot be built.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let mut builder = equal_settings!(reqwest::Client::builder(), settings);
        if let Some(roots) = only_roots(&settings.roots)? {
            builder = builder.tls_certs_only(roots);
        }
        builder.build().map(Self).map_err(setup)
    }

    /// One request, to the end of its answer.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub async fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        let response = self.0.get(url.clone()).send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| failure(&error))?;
        answer::uuid(status, &body)
    }
}
