//! The lanes and the loop: what each lane does next, and when.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use fanout_model::{Batch, BodyError, Found, Outcome, Request, RequestError, Settings};
use model_floor::exchange::Exchanges;
use model_floor::job::{Job, TICK};
use model_floor::reading::{Progress, Reading};

use crate::ring::{Event, Place, Ring};

/// The lanes with their ring.
pub(crate) struct Engine {
    ring: Ring,
    lanes: Vec<Lane>,
    exchanges: Exchanges,
    settings: Settings,
}

/// The state of one connection, with at most one request at a time.
#[derive(Default)]
struct Lane {
    connection: Option<(SocketAddr, Place)>,
    job: Option<Job>,
    reading: Reading,
}

impl Engine {
    /// Makes the ring, without connections.
    pub(crate) fn new(settings: &Settings) -> io::Result<Self> {
        let ring = Ring::new(settings.concurrency)?;
        let lanes = (0..settings.concurrency.get()).map(|_| Lane::default()).collect();
        Ok(Self { ring, lanes, exchanges: Exchanges::new(settings), settings: settings.clone() })
    }

    /// Makes all requests, and adds their outcomes to `finished`.
    pub(crate) fn exchange_all(
        &mut self,
        batch: Batch,
        requests: &[Request],
        finished: &mut Vec<(usize, Outcome)>,
    ) -> io::Result<()> {
        self.exchanges.look_up(requests, &self.settings);
        let done = self.carry(batch, requests, finished);
        if done.is_err() {
            // Without their requests, the connections cannot be used again.
            for lane in 0..self.lanes.len() {
                self.close(lane);
                self.lanes[lane].job = None;
            }
        }
        done
    }

    fn carry(&mut self, batch: Batch, requests: &[Request], finished: &mut Vec<(usize, Outcome)>) -> io::Result<()> {
        // The server may have closed connections since the last batch.
        self.ring.look()?;
        while let Some((lane, event)) = self.ring.next()? {
            self.proceed(lane, event);
        }
        let mut waiting = requests.iter().enumerate();
        let mut in_flight = 0;
        for lane in 0..self.lanes.len().min(requests.len()) {
            in_flight += usize::from(self.next_on(lane, batch, &mut waiting, finished));
        }
        let mut next_check = Instant::now() + TICK;
        while in_flight > 0 {
            self.ring.wait(TICK.min(self.settings.timeout))?;
            while let Some((lane, event)) = self.ring.next()? {
                if let Some(outcome) = self.proceed(lane, event) {
                    finished.push(outcome);
                    in_flight -= usize::from(!self.next_on(lane, batch, &mut waiting, finished));
                }
            }
            if Instant::now() < next_check {
                continue;
            }
            next_check = Instant::now() + TICK;
            for lane in 0..self.lanes.len() {
                if let Some(outcome) = self.expire(lane) {
                    finished.push(outcome);
                    in_flight -= usize::from(!self.next_on(lane, batch, &mut waiting, finished));
                }
            }
        }
        Ok(())
    }

    /// Puts the next waiting request on a free lane. It finishes requests that fail at once. It returns `false` when
    /// no request is left.
    fn next_on<'a>(
        &mut self,
        lane: usize,
        batch: Batch,
        waiting: &mut impl Iterator<Item = (usize, &'a Request)>,
        finished: &mut Vec<(usize, Outcome)>,
    ) -> bool {
        for (index, request) in waiting {
            let span = batch.begin(lane);
            let begun = match self.exchanges.of(request) {
                Ok(exchange) => self.begin(lane, Job::new(index, span, self.settings.timeout, exchange)),
                Err(error) => Some((index, span.end(Err(error)))),
            };
            match begun {
                Some(failed) => finished.push(failed),
                None => return true,
            }
        }
        false
    }

    /// Sends the request, or begins to connect. If it returns an outcome, the request has failed.
    fn begin(&mut self, at: usize, job: Job) -> Option<(usize, Outcome)> {
        let lane = &mut self.lanes[at];
        lane.reading.clear();
        let leads_there = |(address, place)| job.exchange.addresses.contains(&address).then_some(place);
        let connected = lane.connection.and_then(leads_there);
        lane.job = Some(job);
        match connected {
            Some(place) => self.send(at, place),
            None => self.try_another(at),
        }
    }

    /// Begins to connect to the next address of the host, in place of the one before. If it returns an outcome, no
    /// address was left.
    fn try_another(&mut self, at: usize) -> Option<(usize, Outcome)> {
        self.close(at);
        let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
        while let Some(address) = self.lanes[at].job.as_mut().and_then(Job::next_address) {
            match self.ring.connect(at, address) {
                Ok(place) => {
                    self.lanes[at].connection = Some((address, place));
                    return None;
                }
                Err(error) => failure = error,
            }
        }
        self.end(at, Err(RequestError::Connect(failure.to_string())))
    }

    /// Queues what is left of the request.
    fn send(&mut self, at: usize, place: Place) -> Option<(usize, Outcome)> {
        let job = self.lanes[at].job.as_ref()?;
        let queued = self.ring.send(place, &job.exchange, job.sent);
        queued.err().and_then(|error| self.end(at, Err(RequestError::Lost(error.to_string()))))
    }

    /// Does what an event on a lane makes possible, and returns the outcome if there is one.
    fn proceed(&mut self, at: usize, event: Event) -> Option<(usize, Outcome)> {
        let lane = &mut self.lanes[at];
        let Some((_, place)) = lane.connection else {
            // The ring tells a lane nothing of a connection that the lane has closed, so that this cannot happen.
            if let Event::Arrived(part) = event {
                self.ring.give_back(part);
            }
            return None;
        };
        match event {
            Event::Connected(Ok(())) => match self.ring.receive(place) {
                Ok(()) => self.send(at, place),
                Err(error) => self.end(at, Err(RequestError::Lost(error.to_string()))),
            },
            Event::Connected(Err(error)) => self.not_connected(at, &error),
            Event::Sent(Ok(sent)) => {
                let job = lane.job.as_mut()?;
                job.add_sent(sent);
                if job.is_sent() { None } else { self.send(at, place) }
            }
            Event::Sent(Err(error)) => match &lane.job {
                Some(job) if job.sent == 0 => self.not_connected(at, &error),
                // The server may answer before it has read the whole body, and may then read no more of it.
                _ => None,
            },
            Event::Arrived(part) => {
                let taken = lane.take(self.ring.bytes(&part), false);
                self.ring.give_back(part);
                self.taken(at, taken)
            }
            Event::Ended(Ok(())) => {
                let taken = lane.take(&[], true);
                self.taken(at, taken)
            }
            Event::Ended(Err(_)) => {
                self.close(at);
                self.end(at, Err(RequestError::Body(BodyError::Truncated)))
            }
        }
    }

    fn not_connected(&mut self, at: usize, error: &io::Error) -> Option<(usize, Outcome)> {
        match &self.lanes[at].job {
            Some(job) if job.has_another() => self.try_another(at),
            _ => self.end(at, Err(RequestError::Connect(error.to_string()))),
        }
    }

    /// Goes on after something has arrived.
    fn taken(&mut self, at: usize, taken: Result<Progress, RequestError>) -> Option<(usize, Outcome)> {
        let lane = &self.lanes[at];
        let Some(job) = &lane.job else {
            // Nothing is expected, so that this connection cannot be trusted.
            self.close(at);
            return None;
        };
        match taken {
            // Otherwise, a server that sends faster than this code reads would never be stopped.
            Ok(Progress::Incomplete) if job.is_overdue() => self.end(at, Err(RequestError::Timeout)),
            Ok(Progress::Incomplete) => None,
            Ok(Progress::Whole { result, reusable }) => {
                if !reusable || !job.is_sent() || !job.exchange.keep_alive {
                    self.close(at);
                }
                self.end(at, result)
            }
            Err(error) => self.end(at, Err(error)),
        }
    }

    /// Ends a request whose time is over, or tries another address where the one before does not answer.
    fn expire(&mut self, at: usize) -> Option<(usize, Outcome)> {
        let job = self.lanes[at].job.as_ref()?;
        if job.is_overdue() {
            return self.end(at, Err(RequestError::Timeout));
        }
        if job.should_try_another() { self.try_another(at) } else { None }
    }

    /// Takes the job off the lane. After a failed exchange, the connection is not used again.
    fn end(&mut self, at: usize, result: Result<Found, RequestError>) -> Option<(usize, Outcome)> {
        if !matches!(result, Ok(_) | Err(RequestError::Status(_))) {
            self.close(at);
        }
        self.lanes[at].job.take().map(|job| job.end(result))
    }

    fn close(&mut self, at: usize) {
        if let Some((_, place)) = self.lanes[at].connection.take() {
            self.ring.close(place);
        }
    }
}

impl Lane {
    /// Reads what has arrived for the request of this lane, if it has one.
    fn take(&mut self, bytes: &[u8], ended: bool) -> Result<Progress, RequestError> {
        match &self.job {
            Some(job) => self.reading.take(&job.exchange.request, bytes, ended),
            None => Ok(Progress::Incomplete),
        }
    }
}
