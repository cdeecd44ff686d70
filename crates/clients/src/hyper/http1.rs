//! HTTP/1.1, with one connection for each [`Slot`] that a caller keeps.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use fanout_model::{Protocol, RequestError, Settings, SetupError, Url, Uuid, answer};
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, Builder, SendRequest};
use hyper::rt::{Read, Write};

use super::dial;
use super::paced::Paced;
use super::{Runtime, failure, origin, read, request};

/// Opens connections. Clones share its settings.
#[derive(Clone, Debug)]
pub struct Client<R> {
    runtime: R,
    protocol: Protocol,
    timeout: Duration,
}

/// A place for one connection, which carries one request at a time. It is empty at first.
pub struct Slot<R: Runtime> {
    connection: Option<Connection<R::Io>>,
    /// The last request made here. Most later requests are for the same URL and can reuse it.
    last: Option<(Url, Request<Empty<Bytes>>)>,
}

struct Connection<Io: Read + Write + Unpin> {
    origin: String,
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once the connection has ended. Whatever waits for the connection then gets an error.
    driver: Option<Driver<Io>>,
}

type Driver<Io> = http1::Connection<Paced<Io>, Empty<Bytes>>;

impl<R: Runtime> Default for Slot<R> {
    fn default() -> Self {
        Self { connection: None, last: None }
    }
}

impl<R: Runtime> Slot<R> {
    /// The open connection of this slot, if it leads to this URL's server and is still open.
    async fn take(&mut self, url: &Url) -> Option<Connection<R::Io>> {
        let mut open = self.connection.take().filter(|open| open.origin == origin(url))?;
        // The server may have closed the connection since. Only polling the connection shows that.
        poll_fn(|context| {
            drive(&mut open.driver, context);
            Poll::Ready(())
        })
        .await;
        let stands = driving(&mut open.driver, open.sender.ready()).await.is_ok() && open.driver.is_some();
        stands.then_some(open)
    }

    fn request(&mut self, url: &Url, protocol: Protocol) -> Result<Request<Empty<Bytes>>, RequestError> {
        if let Some((last, request)) = &self.last
            && last == url
        {
            return Ok(request.clone());
        }
        let request = request(url, protocol)?;
        self.last = Some((url.clone(), request.clone()));
        Ok(request)
    }
}

impl<R: Runtime> Client<R> {
    /// Builds the client. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`] for HTTP/2.
    pub fn new(runtime: R, settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        Ok(Self { runtime, protocol: settings.protocol, timeout: settings.timeout })
    }

    /// Makes one request, and reads its answer to the end. It uses the connection in `slot`, or opens one and leaves
    /// it there.
    ///
    /// # Errors
    /// [`RequestError`] lists the possible failures.
    pub async fn fetch(&self, slot: &mut Slot<R>, url: &Url) -> Result<Uuid, RequestError> {
        let answer = self.runtime.within(self.timeout, self.exchange(slot, url)).await;
        answer.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, slot: &mut Slot<R>, url: &Url) -> Result<Uuid, RequestError> {
        let request = slot.request(url, self.protocol)?;
        // The connection goes back into the slot only when the answer is complete. It is not reused after a failed
        // exchange.
        let mut open = match slot.take(url).await {
            Some(open) => open,
            None => self.connect(url).await?,
        };
        let response = driving(&mut open.driver, open.sender.send_request(request)).await;
        let response = response.map_err(|error| failure(&error))?;
        let uuid = driving(&mut open.driver, read(response, failure)).await;
        let answered = matches!(uuid, Ok(_) | Err(RequestError::Status(_)));
        if self.protocol == Protocol::KeepAlive && answered && open.driver.is_some() {
            slot.connection = Some(open);
        }
        uuid
    }

    async fn connect(&self, url: &Url) -> Result<Connection<R::Io>, RequestError> {
        let io = dial::connect(&self.runtime, url).await?;
        let mut builder = Builder::new();
        let handshake = builder.max_buf_size(answer::MOST_HEAD).handshake(Paced::new(io)).await;
        let (sender, driver) = handshake.map_err(|error| failure(&error))?;
        Ok(Connection { origin: origin(url).to_owned(), sender, driver: Some(driver) })
    }
}

/// Awaits something that arrives over a connection, and drives the connection meanwhile. Both happen in one task,
/// because two tasks would wake each other twice for every answer.
async fn driving<Io, F>(driver: &mut Option<Driver<Io>>, awaited: F) -> F::Output
where
    Io: Read + Write + Unpin,
    F: Future,
{
    let mut awaited = pin!(awaited);
    poll_fn(|context| {
        if let Poll::Ready(output) = awaited.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        drive(driver, context);
        awaited.as_mut().poll(context)
    })
    .await
}

/// Drives a connection as far as possible. When the connection ends it is dropped, so that whatever waits for it ends
/// too, and gets the connection's error.
fn drive<Io: Read + Write + Unpin>(driver: &mut Option<Driver<Io>>, context: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready()) {
        *driver = None;
    }
}
