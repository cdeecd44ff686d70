//! HTTP/2 on tokio: one connection for each origin, and a stream on it for each request.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Mutex, watch};

use super::{Runtime, Tokio, failure, origin, read, request};

/// One client, made to be shared: clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    runtime: Tokio,
    timeout: Duration,
    /// Held while connecting, so that requests which come together share what the first one opens.
    open: Arc<Mutex<HashMap<String, Connection>>>,
}

#[derive(Clone, Debug)]
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// Why it broke, once it did.
    broken: watch::Receiver<Option<RequestError>>,
}

impl Client {
    /// What it speaks.
    pub const PROTOCOLS: &[Protocol] = &[Protocol::Http2];

    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] where certificate roots cannot be read; [`SetupError::Unsupported`] for HTTP/1.1.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Self::PROTOCOLS)?;
        Ok(Self { runtime: Tokio::new(settings)?, timeout: settings.timeout, open: Arc::default() })
    }

    /// One request, to the end of its answer. Beyond the streams that the server allows, it waits for one to end.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub async fn fetch(&self, url: &Url) -> Result<Uuid, RequestError> {
        self.runtime.within(self.timeout, self.exchange(url)).await.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, url: &Url) -> Result<Uuid, RequestError> {
        let request = request(url, Protocol::Http2)?;
        let mut connection = self.connection(url).await?;
        match connection.sender.send_request(request).await {
            Ok(response) => read(response).await,
            // It broke before this request was sent: the reason is the connection's.
            Err(error) if error.is_canceled() || error.is_user() => {
                match connection.broken.wait_for(Option::is_some).await {
                    Ok(reason) => Err(reason.clone().unwrap_or_else(|| failure(&error))),
                    Err(_) => Err(failure(&error)),
                }
            }
            Err(error) => Err(failure(&error)),
        }
    }

    async fn connection(&self, url: &Url) -> Result<Connection, RequestError> {
        let mut open = self.open.lock().await;
        if let Some(connection) = open.get(origin(url))
            && !connection.sender.is_closed()
        {
            return Ok(connection.clone());
        }
        let io = self.runtime.connect(url).await?;
        let mut builder = Builder::new(TokioExecutor::new());
        // No stream before the server has said how many it allows (RFC 9113, section 6.5.2): one too many is refused.
        let handshake = builder.initial_max_send_streams(0).handshake(io).await;
        let (sender, driver) = handshake.map_err(|error| failure(&error))?;
        let (breaks, broken) = watch::channel(None);
        // It ends when the last sender is dropped.
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                breaks.send_replace(Some(failure(&error)));
            }
        });
        let connection = Connection { sender, broken };
        open.insert(origin(url).to_owned(), connection.clone());
        Ok(connection)
    }
}
