//! The lanes: what each of them does next.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use fanout_model::{BodyError, Found, RequestError, Settings};
use model_floor::driver::{Ended, Lanes};
use model_floor::job::{self, Job};
use model_floor::reading::{Progress, Reading};

use crate::ring::{Event, Place, Ring};

/// The lanes with their ring.
pub(crate) struct Engine {
    ring: Ring,
    lanes: Vec<Lane>,
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
        Ok(Self { ring, lanes })
    }

    /// Closes all connections, which cannot be used again without their requests.
    pub(crate) fn give_up(&mut self) {
        for lane in 0..self.lanes.len() {
            self.close(lane);
            self.lanes[lane].job = None;
        }
    }

    /// Begins to connect to the next address of the host, in place of the one before. If it returns an outcome, no
    /// address was left.
    fn try_another(&mut self, at: usize) -> Option<Ended> {
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
    fn send(&mut self, at: usize, place: Place) -> Option<Ended> {
        let job = self.lanes[at].job.as_ref()?;
        let queued = self.ring.send(place, &job.exchange, job.sent);
        queued.err().and_then(|error| self.end(at, Err(RequestError::Lost(error.to_string()))))
    }

    /// Does what an event on a lane makes possible, and returns the outcome if there is one.
    fn act(&mut self, at: usize, event: Event) -> Option<Ended> {
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

    fn not_connected(&mut self, at: usize, error: &io::Error) -> Option<Ended> {
        match &self.lanes[at].job {
            Some(job) if job.has_another() => self.try_another(at),
            _ => self.end(at, Err(RequestError::Connect(error.to_string()))),
        }
    }

    /// Goes on after something has arrived.
    fn taken(&mut self, at: usize, taken: Result<Progress, RequestError>) -> Option<Ended> {
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
                if !(reusable && job.keeps_its_connection()) {
                    self.close(at);
                }
                self.end(at, result)
            }
            Err(error) => self.end(at, Err(error)),
        }
    }

    /// Takes the job off the lane. After a failed exchange, the connection is not used again.
    fn end(&mut self, at: usize, result: Result<Found, RequestError>) -> Option<Ended> {
        if !job::was_answered(&result) {
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

impl Lanes for Engine {
    fn count(&self) -> usize {
        self.lanes.len()
    }

    fn look(&mut self, _used: usize) -> io::Result<()> {
        self.ring.look()?;
        while self.proceed()?.is_some() {}
        Ok(())
    }

    fn begin(&mut self, at: usize, job: Job) -> Option<Ended> {
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

    fn wait(&mut self, limit: Duration) -> io::Result<()> {
        self.ring.wait(limit)
    }

    fn proceed(&mut self) -> io::Result<Option<(usize, Option<Ended>)>> {
        Ok(self.ring.next()?.map(|(lane, event)| (lane, self.act(lane, event))))
    }

    fn expire(&mut self, at: usize) -> Option<Ended> {
        let job = self.lanes[at].job.as_ref()?;
        if job.is_overdue() {
            return self.end(at, Err(RequestError::Timeout));
        }
        if job.should_try_another() { self.try_another(at) } else { None }
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
