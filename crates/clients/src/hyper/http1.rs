//! HTTP/1.1, one connection for each caller that keeps a [`Slot`].

use std::time::Duration;

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};

use super::{Runtime, failure, origin, read, request};

/// What opens connections; made to be shared.
#[derive(Clone, Debug)]
pub struct Client<R> {
    runtime: R,
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

impl<R: Runtime> Client<R> {
    /// Builds the client; connects nowhere yet.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`] for HTTP/2.
    pub fn new(runtime: R, settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        Ok(Self { runtime, protocol: settings.protocol, timeout: settings.timeout })
    }

    /// One request, to the end of its answer, on the connection in `slot` or on a new one that is left there.
    ///
    /// # Errors
    /// As [`RequestError`] tells them apart.
    pub async fn fetch(&self, slot: &mut Slot, url: &Url) -> Result<Uuid, RequestError> {
        let answer = self.runtime.within(self.timeout, self.exchange(slot, url)).await;
        answer.unwrap_or(Err(RequestError::Timeout))
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
        let io = self.runtime.connect(url).await?;
        let (sender, driver) = handshake(io).await.map_err(|error| failure(&error))?;
        // It ends when the sender is dropped; its error is the sender's as well.
        self.runtime.spawn(async move { drop(driver.await) });
        Ok(Connection { origin: origin(url).to_owned(), sender })
    }
}
