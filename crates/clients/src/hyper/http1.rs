//! HTTP/1.1, with one connection for each [`Slot`] that a caller keeps.

use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use fanout_model::answer::{Answer, MOST_HEAD};
use fanout_model::retry::{Attempts, Tried};
use fanout_model::{Found, Protocol, Request, RequestError, Retry, Settings, SetupError, Url};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, Builder, SendRequest};
use hyper::rt::{Read, Write};

use super::deadline::Deadline;
use super::dial;
use super::paced::Paced;
use super::{Runtime, failure, origin, request};
use crate::read;

/// Opens connections. Clones share its settings.
#[derive(Clone, Debug)]
pub struct Client<R> {
    runtime: R,
    protocol: Protocol,
    timeout: Duration,
    retry: Retry,
}

/// A place for one connection, which carries one request at a time. It is empty at first.
pub struct Slot<R: Runtime> {
    /// It is boxed, because it takes hundreds of bytes, and moves out of the slot and back with each request.
    connection: Option<Box<Connection<R::Io>>>,
    /// The last request made here. Most later requests are the same one.
    last: Option<(Request, hyper::Request<Full<Bytes>>)>,
    deadline: Deadline<R>,
}

struct Connection<Io: Read + Write + Unpin> {
    origin: String,
    sender: SendRequest<Full<Bytes>>,
    /// `None` once the connection has ended. Whatever waits for the connection then gets an error.
    driver: Option<Driver<Io>>,
}

type Driver<Io> = http1::Connection<Paced<Io>, Full<Bytes>>;

impl<R: Runtime> Default for Slot<R> {
    fn default() -> Self {
        Self { connection: None, last: None, deadline: Deadline::default() }
    }
}

impl<R: Runtime> Slot<R> {
    /// The open connection of this slot, if it leads to this URL's server and is still open.
    async fn take(&mut self, url: &Url) -> Option<Box<Connection<R::Io>>> {
        let mut open = self.connection.take().filter(|open| open.origin == origin(url))?;
        // The server may have closed the connection since, or may have answered before it read a whole body. Only
        // polling the connection shows that. A connection that is not ready at once is not waited for.
        let ready = poll_fn(|context| {
            drive(&mut open.driver, context);
            Poll::Ready(open.sender.poll_ready(context))
        });
        let stands = matches!(ready.await, Poll::Ready(Ok(()))) && open.driver.is_some();
        stands.then_some(open)
    }

    fn request(&mut self, asked: &Request, protocol: Protocol) -> Result<hyper::Request<Full<Bytes>>, RequestError> {
        if let Some((last, built)) = &self.last
            && last == asked
        {
            return Ok(built.clone());
        }
        let built = request(asked, protocol)?;
        self.last = Some((asked.clone(), built.clone()));
        Ok(built)
    }
}

impl<R: Runtime> Client<R> {
    /// Builds the client. It opens no connection yet.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`] for HTTP/2.
    pub fn new(runtime: R, settings: &Settings) -> Result<Self, SetupError> {
        settings.refuse_beyond(Protocol::HTTP1)?;
        let Settings { protocol, timeout, retry, .. } = *settings;
        Ok(Self { runtime, protocol, timeout, retry })
    }

    /// Makes one request, reads its answer to the end, and checks it. It uses the connection in `slot`, or opens one
    /// and leaves it there. The request is sent again as the settings allow.
    pub async fn fetch(&self, slot: &mut Slot<R>, request: &Request) -> Tried {
        let mut attempts = Attempts::new(&self.retry, request);
        loop {
            let result = self.fetch_once(slot, request).await;
            match attempts.wait_after(&result) {
                Some(wait) => drop(self.runtime.sleep(wait).await),
                None => return attempts.end(result),
            }
        }
    }

    async fn fetch_once(&self, slot: &mut Slot<R>, request: &Request) -> Result<Found, RequestError> {
        // It is taken out of the slot because the exchange needs the rest of the slot meanwhile.
        let mut deadline = mem::take(&mut slot.deadline);
        let answer = {
            let exchange = pin!(self.exchange(slot, request));
            deadline.within(&self.runtime, self.timeout, exchange).await
        };
        slot.deadline = deadline;
        answer.unwrap_or(Err(RequestError::Timeout))?.check()
    }

    async fn exchange(&self, slot: &mut Slot<R>, request: &Request) -> Result<Answer, RequestError> {
        let (built, url) = (slot.request(request, self.protocol)?, request.url());
        // The connection goes back into the slot only when the answer is complete. It is not reused after a failed
        // exchange.
        let mut open = match slot.take(url).await {
            Some(open) => open,
            // What connecting needs is in a box, so that a lane does not carry it along.
            None => Box::pin(self.connect(url)).await?,
        };
        let response = driving(&mut open.driver, pin!(open.sender.send_request(built))).await;
        let response = response.map_err(|error| failure(&error))?;
        let answer = driving(&mut open.driver, pin!(read(request, response, failure))).await?;
        if self.protocol == Protocol::KeepAlive && open.driver.is_some() {
            slot.connection = Some(open);
        }
        Ok(answer)
    }

    async fn connect(&self, url: &Url) -> Result<Box<Connection<R::Io>>, RequestError> {
        let io = dial::connect(&self.runtime, url).await?;
        let mut builder = Builder::new();
        let handshake = builder.max_buf_size(MOST_HEAD).handshake(Paced::new(io)).await;
        let (sender, driver) = handshake.map_err(|error| failure(&error))?;
        Ok(Box::new(Connection { origin: origin(url).to_owned(), sender, driver: Some(driver) }))
    }
}

/// Awaits something that arrives over a connection, and drives the connection meanwhile. Both happen in one task,
/// because two tasks would wake each other twice for every answer.
async fn driving<Io, F>(driver: &mut Option<Driver<Io>>, mut awaited: Pin<&mut F>) -> F::Output
where
    Io: Read + Write + Unpin,
    F: Future,
{
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
