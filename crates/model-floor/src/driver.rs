//! The loop of a control arm, whatever the system calls below it: it puts the next request on each lane that becomes
//! free, and ends requests whose time is over.

use std::io;
use std::time::{Duration, Instant};

use fanout_model::{Batch, Outcome, Request, Settings};

use crate::exchange::Exchanges;
use crate::job::{Job, TICK};

/// A request that has ended: its place in the batch, and its outcome.
pub type Ended = (usize, Outcome);

/// The lanes of a control arm. Each has one connection, and at most one request at a time.
pub trait Lanes {
    /// Returns how many lanes there are.
    fn count(&self) -> usize;

    /// Gives up the connections that the server has closed since the last batch, at least those of the first `used`
    /// lanes.
    ///
    /// # Errors
    /// If the system refuses to tell.
    fn look(&mut self, used: usize) -> io::Result<()>;

    /// Sends a request on a free lane, or begins to connect. If it returns an outcome, the request has failed.
    fn begin(&mut self, lane: usize, job: Job) -> Option<Ended>;

    /// Waits until something has happened, at most for `limit`.
    ///
    /// # Errors
    /// If the event loop fails.
    fn wait(&mut self, limit: Duration) -> io::Result<()>;

    /// Does what the next thing that has happened makes possible. Returns its lane, with the outcome if the request
    /// has ended, and `None` if nothing else has happened.
    ///
    /// # Errors
    /// If the event loop fails.
    fn proceed(&mut self) -> io::Result<Option<(usize, Option<Ended>)>>;

    /// Ends the request of a lane if its time is over, or tries another address if the one before does not answer.
    fn expire(&mut self, lane: usize) -> Option<Ended>;
}

/// What makes the requests of a batch, on any [`Lanes`].
#[derive(Debug)]
pub struct Driver {
    exchanges: Exchanges,
    settings: Settings,
}

impl Driver {
    /// Makes requests as these settings say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { exchanges: Exchanges::new(settings), settings: settings.clone() }
    }

    /// Makes all requests, and adds their outcomes to `finished`.
    ///
    /// # Errors
    /// If the event loop fails. The requests that had not ended by then have no outcome.
    pub fn make_all(
        &mut self,
        lanes: &mut impl Lanes,
        batch: Batch,
        requests: &[Request],
        finished: &mut Vec<Ended>,
    ) -> io::Result<()> {
        self.exchanges.look_up(requests, &self.settings);
        let used = lanes.count().min(requests.len());
        lanes.look(used)?;
        let mut waiting = requests.iter().enumerate();
        let mut in_flight = 0;
        for lane in 0..used {
            in_flight += usize::from(self.next_on(lane, lanes, batch, &mut waiting, finished));
        }
        let mut next_check = Instant::now() + TICK;
        while in_flight > 0 {
            lanes.wait(TICK.min(self.settings.timeout))?;
            while let Some((lane, ended)) = lanes.proceed()? {
                if let Some(outcome) = ended {
                    finished.push(outcome);
                    in_flight -= usize::from(!self.next_on(lane, lanes, batch, &mut waiting, finished));
                }
            }
            if Instant::now() < next_check {
                continue;
            }
            next_check = Instant::now() + TICK;
            for lane in 0..lanes.count() {
                if let Some(outcome) = lanes.expire(lane) {
                    finished.push(outcome);
                    in_flight -= usize::from(!self.next_on(lane, lanes, batch, &mut waiting, finished));
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
        lanes: &mut impl Lanes,
        batch: Batch,
        waiting: &mut impl Iterator<Item = (usize, &'a Request)>,
        finished: &mut Vec<Ended>,
    ) -> bool {
        for (index, request) in waiting {
            let span = batch.begin(lane);
            let begun = match self.exchanges.of(request) {
                Ok(exchange) => lanes.begin(lane, Job::new(index, span, self.settings.timeout, exchange)),
                Err(error) => Some((index, span.end(Err(error)))),
            };
            match begun {
                Some(failed) => finished.push(failed),
                None => return true,
            }
        }
        false
    }
}
