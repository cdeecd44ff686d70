//! One request on a lane of a control arm: which addresses were tried, what was sent, and how much time is left.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fanout_model::{Found, Outcome, RequestError, Span, dial};

use crate::exchange::Exchange;

/// A timeout may be noticed this much too late.
pub const TICK: Duration = Duration::from_millis(20);

/// A request that has its lane.
#[derive(Debug)]
pub struct Job {
    /// What is sent, and where.
    pub exchange: Arc<Exchange>,
    /// How many bytes were sent.
    pub sent: usize,
    index: usize,
    span: Span,
    since: Instant,
    timeout: Duration,
    /// How many addresses of the host were tried.
    tried: usize,
    /// Since when a connection is being opened; `None` once something was sent.
    trying: Option<Instant>,
}

impl Job {
    /// Begins the request with this place in its batch, which has `timeout` until its end.
    #[must_use]
    pub fn new(index: usize, span: Span, timeout: Duration, exchange: Arc<Exchange>) -> Self {
        Self { exchange, sent: 0, index, span, since: Instant::now(), timeout, tried: 0, trying: None }
    }

    /// Returns whether the time of the request is over.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.since.elapsed() >= self.timeout
    }

    /// Returns whether the host has another address, and it is time to try it.
    #[must_use]
    pub fn should_try_another(&self) -> bool {
        self.trying.is_some_and(|since| since.elapsed() >= dial::ATTEMPT) && self.has_another()
    }

    /// Returns whether the host has an address that was not tried yet.
    #[must_use]
    pub fn has_another(&self) -> bool {
        self.tried < self.exchange.addresses.len()
    }

    /// Returns the next address to try, and notes that it is being tried.
    pub fn next_address(&mut self) -> Option<SocketAddr> {
        let address = *self.exchange.addresses.get(self.tried)?;
        (self.tried, self.trying) = (self.tried + 1, Some(Instant::now()));
        Some(address)
    }

    /// Notes that so many more bytes were sent. The address is then the right one.
    pub fn add_sent(&mut self, bytes: usize) {
        (self.sent, self.trying) = (self.sent + bytes, None);
    }

    /// Returns whether the whole request was sent.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.sent == self.exchange.bytes.len()
    }

    /// Returns whether the connection may carry another request after the whole answer to this one.
    #[must_use]
    pub fn keeps_its_connection(&self) -> bool {
        self.is_sent() && self.exchange.keep_alive
    }

    /// Ends the request. Returns its place in the batch, and its outcome.
    #[must_use]
    pub fn end(self, result: Result<Found, RequestError>) -> (usize, Outcome) {
        (self.index, self.span.end(result))
    }
}

/// Returns whether the server answered a request to the end. Otherwise its connection is not used again.
#[must_use]
pub fn was_answered(result: &Result<Found, RequestError>) -> bool {
    matches!(result, Ok(_) | Err(RequestError::Status(_)))
}
