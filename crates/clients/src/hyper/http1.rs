//! HTTP/1.1 on tokio, one connection for each caller that keeps a [`Slot`].

use std::time::Duration;

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use tokio::time::timeout;

use super::tokio_stream::Connector;
use super::{failure, origin, read, request};

/// What opens connections; made to be shared.
#[derive(Clone, Debug)]
pub struct Client {
    connector: Connector,
    protocol: Protocol,
    timeout: Duration,
}

/// A place for one connection, empty at first: it carries one request at a time.
#[derive(Debug, Default)]
pub struct Slot(Option<Connection>);

#[derive(Debug)]
struct Connection {
    origin: String,
    sender: SendRequest<Empty<Bytes>>,
}

impl Slot {
    /// Its connection, where that leads there and still stands.
    async fn take(&mut self, url: &Url) -> Option<Connection> {
        let mut open = self.0.take()?;
        (open.origin == origin(url) && open.sender.ready().await.is_ok()).then_some(open)
    }
}

impl Client {
    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::Client`] where certificate roots cannot be read; [`SetupError::Unsupported`] for HTTP/2.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        let connector = Connector::new(settings)?;
        Ok(Self { connector, protocol: settings.protocol, timeout: settings.timeout })
    }

    /// One request, to the end of its answer, on the connection in `slot` or on a new one that is left there.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub async fn fetch(&self, slot: &mut Slot, url: &Url) -> Result<Uuid, RequestError> {
        timeout(self.timeout, self.exchange(slot, url)).await.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, slot: &mut Slot, url: &Url) -> Result<Uuid, RequestError> {
        let request = request(url, self.protocol)?;
        // Taken out until the answer is whole: a connection on which an exchange failed is not used again.
        let mut connection = match slot.take(url).await {
            Some(open) => open,
            None => self.connect(url).await?,
        };
        let response = connection.sender.send_request(request).await.map_err(|error| failure(&error))?;
        let uuid = read(response).await;
        if self.protocol == Protocol::KeepAlive && matches!(uuid, Ok(_) | Err(RequestError::Status(_))) {
            slot.0 = Some(connection);
        }
        uuid
    }

    async fn connect(&self, url: &Url) -> Result<Connection, RequestError> {
        let io = self.connector.connect(url).await?;
        let (sender, driver) = handshake(io).await.map_err(|error| failure(&error))?;
        // It ends when the sender is dropped; its error is the sender's as well.
        tokio::spawn(driver);
        Ok(Connection { origin: origin(url).to_owned(), sender })
    }
}
