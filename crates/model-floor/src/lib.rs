//! The control arm on epoll: the same exchange with prepared bytes over raw sockets, on one event loop, without an
//! HTTP library.
//!
//! - Never pick it: it can read only the plain answers that this project's servers send, and it has no TLS.
//! - It takes part in every comparison and shows the limit that the machine, the server and the delay set. No other
//!   crate may write HTTP by hand.
//!
//! `exchange` knows what is sent and where, `job` a request on its way, `reading` what comes back, and `driver` which
//! request is next. The other control arm, `model-floor-uring`, shares them. This file has the sockets and epoll.

pub mod driver;
pub mod exchange;
pub mod job;
pub mod reading;

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use fanout_model::{
    Batch, BodyError, Concurrency, Found, Model, Outcome, Protocol, Request, RequestError, Runner, Settings,
    SetupError, runtime,
};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::driver::{Driver, Ended, Lanes};
use crate::job::Job;
use crate::reading::{Progress, Reading};

/// The control arm; see the crate's header.
#[derive(Debug)]
pub struct Floor;

impl Model for Floor {
    fn id(&self) -> &'static str {
        "floor"
    }

    fn about(&self) -> &'static str {
        "control arm: prepared bytes over raw sockets on one event loop"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn speaks_tls(&self) -> bool {
        false
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(Protocol::HTTP1)?;
        settings.refuse_https()?;
        settings.refuse_retries()?;
        let poll = Poll::new().map_err(|error| SetupError::Client(format!("cannot start an event loop: {error}")))?;
        let sockets = Sockets {
            poll,
            events: Events::with_capacity(settings.concurrency.get().max(16)),
            ready: Vec::new(),
            lanes: (0..settings.concurrency.get()).map(Lane::new).collect(),
            buffer: vec![0; BUFFER],
        };
        Ok(Box::new(Prepared { sockets, driver: Driver::new(settings) }))
    }
}

/// How much is read at once, in bytes.
const BUFFER: usize = 64 * 1024;

struct Prepared {
    sockets: Sockets,
    driver: Driver,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let mut finished = Vec::with_capacity(requests.len());
        if let Err(error) = self.driver.make_all(&mut self.sockets, batch, requests, &mut finished) {
            eprintln!("floor: the event loop failed: {error}");
        }
        batch.in_order(requests.len(), finished)
    }
}

/// The lanes with their event loop.
struct Sockets {
    poll: Poll,
    events: Events,
    /// The lanes whose sockets are ready, the next one last.
    ready: Vec<usize>,
    lanes: Vec<Lane>,
    /// What is read goes here first.
    buffer: Vec<u8>,
}

impl Lanes for Sockets {
    fn count(&self) -> usize {
        self.lanes.len()
    }

    fn look(&mut self, used: usize) -> io::Result<()> {
        self.lanes[..used].iter_mut().for_each(Lane::drop_if_closed);
        Ok(())
    }

    fn begin(&mut self, lane: usize, job: Job) -> Option<Ended> {
        self.lanes[lane].begin(job, &self.poll, &mut self.buffer)
    }

    fn wait(&mut self, limit: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(limit)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            waited => {
                self.ready.extend(self.events.iter().map(|event| event.token().0));
                self.ready.reverse();
                waited
            }
        }
    }

    fn proceed(&mut self) -> io::Result<Option<(usize, Option<Ended>)>> {
        let Some(lane) = self.ready.pop() else { return Ok(None) };
        Ok(Some((lane, self.lanes[lane].proceed(&self.poll, &mut self.buffer))))
    }

    fn expire(&mut self, lane: usize) -> Option<Ended> {
        self.lanes[lane].expire(&self.poll)
    }
}

/// The state of one connection, with at most one request at a time.
struct Lane {
    token: Token,
    connection: Option<(SocketAddr, TcpStream)>,
    job: Option<Job>,
    reading: Reading,
}

impl Lane {
    fn new(index: usize) -> Self {
        Self { token: Token(index), connection: None, job: None, reading: Reading::new() }
    }

    /// Drops the connection if the server closed it between batches. Then the socket has an end of file or a byte,
    /// although nothing is expected.
    fn drop_if_closed(&mut self) {
        if let Some((_, stream)) = &self.connection
            && !stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
        {
            self.connection = None;
        }
    }

    /// Sends the request, or begins to connect. If it returns an outcome, the request has failed.
    fn begin(&mut self, job: Job, poll: &Poll, buffer: &mut [u8]) -> Option<Ended> {
        let leads_there = |(address, _): &(SocketAddr, TcpStream)| job.exchange.addresses.contains(address);
        let is_connected = self.connection.as_ref().is_some_and(leads_there);
        self.job = Some(job);
        self.reading.clear();
        if is_connected { self.proceed(poll, buffer) } else { self.try_another(poll) }
    }

    /// Begins to connect to the next address of the host, in place of the one before. If it returns an outcome, no
    /// address was left.
    fn try_another(&mut self, poll: &Poll) -> Option<Ended> {
        let mut failure = io::Error::new(ErrorKind::AddrNotAvailable, "the host has no address");
        while let Some(address) = self.job.as_mut().and_then(Job::next_address) {
            match self.connect(address, poll) {
                Ok(()) => return None,
                Err(error) => failure = error,
            }
        }
        self.end(Err(RequestError::Connect(failure.to_string())))
    }

    fn connect(&mut self, address: SocketAddr, poll: &Poll) -> io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        poll.registry().register(&mut stream, self.token, Interest::READABLE | Interest::WRITABLE)?;
        self.connection = Some((address, stream));
        Ok(())
    }

    /// Sends and receives as much as the socket allows, and returns the outcome if there is one.
    fn proceed(&mut self, poll: &Poll, buffer: &mut [u8]) -> Option<Ended> {
        match self.send_and_receive(buffer) {
            Ok(None) => None,
            Ok(Some(result)) => self.end(result),
            Err(RequestError::Connect(_)) if self.job.as_ref().is_some_and(Job::has_another) => {
                self.try_another(poll)
            }
            Err(error) => self.end(Err(error)),
        }
    }

    fn send_and_receive(&mut self, buffer: &mut [u8]) -> Result<Option<Result<Found, RequestError>>, RequestError> {
        let (Some(job), Some((_, stream))) = (&mut self.job, &mut self.connection) else { return Ok(None) };
        while job.sent < job.exchange.bytes.len() {
            match stream.write(&job.exchange.bytes[job.sent..]) {
                Ok(n) => job.add_sent(n),
                Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(None),
                Err(error) if error.kind() == ErrorKind::WouldBlock && job.sent == 0 => return Ok(None),
                Err(error) if job.sent == 0 => return Err(RequestError::Connect(error.to_string())),
                // The server may answer before it has read the whole body, and may then read no more of it.
                Err(_) => break,
            }
        }
        loop {
            let n = match stream.read(buffer) {
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(RequestError::Body(BodyError::Truncated)),
            };
            match self.reading.take(&job.exchange.request, &buffer[..n], n == 0)? {
                // Otherwise, a server that sends faster than this code reads would keep it in this loop.
                Progress::Incomplete if job.is_overdue() => return Err(RequestError::Timeout),
                Progress::Incomplete => {}
                Progress::Whole { result, reusable } => {
                    if !(reusable && job.keeps_its_connection()) {
                        self.connection = None;
                    }
                    return Ok(Some(result));
                }
            }
        }
    }

    /// Ends a request whose time is over, or tries another address where the one before does not answer.
    fn expire(&mut self, poll: &Poll) -> Option<Ended> {
        let job = self.job.as_ref()?;
        if job.is_overdue() {
            return self.end(Err(RequestError::Timeout));
        }
        if job.should_try_another() { self.try_another(poll) } else { None }
    }

    /// Takes the job off the lane. After a failed exchange, the connection is not used again.
    fn end(&mut self, result: Result<Found, RequestError>) -> Option<Ended> {
        if !job::was_answered(&result) {
            self.connection = None;
        }
        self.job.take().map(|job| job.end(result))
    }
}
