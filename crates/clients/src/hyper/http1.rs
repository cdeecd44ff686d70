//! HTTP/1.1, one connection for each caller that keeps a [`Slot`].

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

use super::paced::Paced;
use super::{Runtime, failure, origin, read, request};

/// What opens connections; made to be shared.
#[derive(Clone, Debug)]
pub struct Client<R> {
    runtime: R,
    protocol: Protocol,
    timeout: Duration,
}

/// A place for one connection, empty at first: it carries one request at a time.
pub struct Slot<R: Runtime> {
    connection: Option<Connection<R::Io>>,
    /// The last request made here: most that follow are for the same URL, and need not be made anew.
    last: Option<(Url, Request<Empty<Bytes>>)>,
}

struct Connection<Io: Read + Write + Unpin> {
    origin: String,
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once the connection has ended: then whatever waits for it is told so.
    driver: Option<Driver<Io>>,
}

type Driver<Io> = http1::Connection<Paced<Io>, Empty<Bytes>>;

impl<R: Runtime> Default for Slot<R> {
    fn default() -> Self {
        Self { connection: None, last: None }
    }
}

impl<R: Runtime> Slot<R> {
    /// Its connection, where that leads there and still stands.
    async fn take(&mut self, url: &Url) -> Option<Connection<R::Io>> {
        let mut open = self.connection.take().filter(|open| open.origin == origin(url))?;
        // A server may have hung up since: that is seen by driving the connection, and by nothing else.
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
    pub async fn fetch(&self, slot: &mut Slot<R>, url: &Url) -> Result<Uuid, RequestError> {
        let answer = self.runtime.within(self.timeout, self.exchange(slot, url)).await;
        answer.unwrap_or(Err(RequestError::Timeout))
    }

    async fn exchange(&self, slot: &mut Slot<R>, url: &Url) -> Result<Uuid, RequestError> {
        let request = slot.request(url, self.protocol)?;
        // Taken out until the answer is whole: a connection on which an exchange failed is not used again.
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
        let io = self.runtime.connect(url).await?;
        let mut builder = Builder::new();
        let handshake = builder.max_buf_size(answer::MOST_HEAD).handshake(Paced::new(io)).await;
        let (sender, driver) = handshake.map_err(|error| failure(&error))?;
        Ok(Connection { origin: origin(url).to_owned(), sender, driver: Some(driver) })
    }
}

/// Awaits what is to come over a connection, and drives the connection meanwhile: in the same task, since two tasks
/// would wake each other twice for every answer.
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

/// Drives a connection as far as it goes. Where it ends it is dropped, which ends what waits for it; an error that it
/// ends with is theirs.
fn drive<Io: Read + Write + Unpin>(driver: &mut Option<Driver<Io>>, context: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready()) {
        *driver = None;
    }
}
