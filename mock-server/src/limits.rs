//! The limits of the server: how many requests it serves at once, how many may wait, and how many it takes a second.
//!
//! Both engines ask one `Gate` about each request. The gate plans: it knows how long each request will be served,
//! so that it can tell at once when the turn of a new request will come. A request that its client gives up keeps its
//! turn, as it does at a server that does not notice.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::{DefaultDirectRateLimiter, Quota};

use crate::Stats;

/// How much a server takes. The default is a server without limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many requests are served at once.
    pub capacity: Option<Capacity>,
    /// How many requests are taken in a second.
    pub rate: Option<Rate>,
}

/// How many requests are served at once. Each takes its place for the server's delay, and the others wait their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The number of places.
    pub at_once: NonZeroU32,
    /// How many requests may wait, or `None` for any number. The next one is answered with 503.
    pub queue: Option<u32>,
    /// A later number of places.
    pub then: Option<Change>,
}

/// The longest delay of a server with limits, and of any other.
const MOST_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A change to fewer places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// How many requests are served or waiting before the change, counted since the last reset.
    pub after: u64,
    /// The number of places from then on.
    pub at_once: NonZeroU32,
}

/// How many requests are taken in a second. The others are answered with 429 and `Retry-After` (RFC 6585, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The number of requests.
    pub a_second: NonZeroU32,
    /// How many requests are taken at one moment after a pause.
    pub burst: NonZeroU32,
}

/// A request that is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status of the answer.
    pub(crate) status: u16,
    /// When the client may try again, in whole seconds (RFC 9110, section 10.2.3).
    pub(crate) retry_after: Option<u64>,
}

/// Decides about each request of a server.
pub(crate) struct Gate {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    /// The counts of requests that were accepted, queued and refused. The other counts are not the gate's.
    counts: Stats,
    limiter: Option<DefaultDirectRateLimiter>,
    /// When each place will be free.
    places: BinaryHeap<Reverse<Instant>>,
    /// When the turn of each waiting request will come. Requests are served in the order in which they came.
    turns: VecDeque<Instant>,
}

impl Limits {
    /// Checks that the limits can be kept by a server that holds each answer back for up to `longest`.
    ///
    /// # Errors
    /// What contradicts what.
    pub(crate) fn check(&self, longest: Duration) -> Result<(), String> {
        if longest > MOST_DELAY {
            return Err(format!("a delay of {longest:?} is longer than a day: choose a shorter one"));
        }
        let Some(capacity) = self.capacity else { return Ok(()) };
        if longest.is_zero() {
            return Err(
                "a capacity needs a delay: a request takes a place for as long as its answer is held back".into()
            );
        }
        match capacity.then {
            Some(then) if then.at_once > capacity.at_once => Err(
                "the later capacity is more than the first: requests that wait keep the turn that was planned for \
                     them, so that a server can only become smaller"
                    .into(),
            ),
            _ => Ok(()),
        }
    }
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::new(State::new(limits)) }
    }

    /// Decides about a request that comes now and takes `service` to serve. Returns how long its answer is held back:
    /// until its turn has come, and for the service.
    pub(crate) fn admit(&self, service: Duration) -> Result<Duration, Refusal> {
        let (now, mut state) = (Instant::now(), self.lock());
        let admitted = state.admit(&self.limits, now, service);
        match admitted {
            Ok(_) => state.counts.accepted += 1,
            Err(_) => state.counts.refused += 1,
        }
        admitted
    }

    /// Adds the counts of the gate to the other counts of the server.
    pub(crate) fn count(&self, others: Stats) -> Stats {
        let Stats { accepted, queued, refused, longest_queue, .. } = self.lock().counts;
        Stats { accepted, queued, refused, longest_queue, ..others }
    }

    /// Forgets all requests, as if the server had just started.
    pub(crate) fn reset(&self) {
        *self.lock() = State::new(self.limits);
    }

    /// A thread that panicked left a valid state, because the state is consistent after every statement.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(limits: Limits) -> Self {
        let limiter = limits
            .rate
            .map(|rate| DefaultDirectRateLimiter::direct(Quota::per_second(rate.a_second).allow_burst(rate.burst)));
        let places = limits.capacity.map_or(0, |capacity| capacity.at_once.get());
        let free = Reverse(Instant::now());
        Self {
            counts: Stats::default(),
            limiter,
            places: (0..places).map(|_| free).collect(),
            turns: VecDeque::new(),
        }
    }

    fn admit(&mut self, limits: &Limits, now: Instant, service: Duration) -> Result<Duration, Refusal> {
        // A request that finds no place must not use up the rate.
        let turn = match limits.capacity {
            Some(capacity) => Some(self.turn(capacity, now)?),
            None => None,
        };
        if let Some(limiter) = &self.limiter {
            limiter.check().map_err(|not_until| {
                let wait = not_until.wait_time_from(limiter.clock().now());
                Refusal { status: 429, retry_after: Some(wait.as_secs_f64().ceil().max(1.0) as u64) }
            })?;
        }
        let Some(turn) = turn else { return Ok(service) };
        self.take(turn, now, service);
        Ok(turn - now + service)
    }

    /// Returns when the turn of a request that comes now would come.
    fn turn(&mut self, capacity: Capacity, now: Instant) -> Result<Instant, Refusal> {
        if let Some(change) = capacity.then.filter(|change| self.counts.accepted >= change.after) {
            self.shrink(change.at_once);
        }
        while self.turns.front().is_some_and(|turn| *turn <= now) {
            self.turns.pop_front();
        }
        let turn = self.places.peek().map_or(now, |Reverse(free)| now.max(*free));
        let full = capacity.queue.is_some_and(|most| self.turns.len() >= most as usize);
        if turn > now && full {
            return Err(Refusal { status: 503, retry_after: None });
        }
        Ok(turn)
    }

    /// Gives the place that is free first to a request.
    fn take(&mut self, turn: Instant, now: Instant, service: Duration) {
        self.places.pop();
        self.places.push(Reverse(turn + service));
        if turn > now {
            self.turns.push_back(turn);
            self.counts.queued += 1;
            self.counts.longest_queue = self.counts.longest_queue.max(self.turns.len() as u64);
        }
    }

    /// Takes places away until so many are left. A place that goes is one that would be free first.
    fn shrink(&mut self, at_once: NonZeroU32) {
        while self.places.len() > at_once.get() as usize {
            self.places.pop();
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.status {
            429 => "too many requests in this second\n",
            _ => "too many requests are waiting\n",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Duration = Duration::from_millis(10);

    fn number(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    fn with(capacity: Capacity) -> (Limits, State, Instant) {
        let limits = Limits { capacity: Some(capacity), rate: None };
        let state = State::new(limits);
        (limits, state, Instant::now())
    }

    /// Admits a request, and counts it as the gate does.
    fn admit(state: &mut State, limits: &Limits, at: Instant) -> Result<u128, u16> {
        let admitted = state.admit(limits, at, SERVICE).map(|wait| wait.as_millis());
        state.counts.accepted += u64::from(admitted.is_ok());
        admitted.map_err(|refusal| refusal.status)
    }

    #[test]
    fn requests_wait_for_the_place_that_is_free_first_and_beyond_the_queue_they_are_refused() {
        let (limits, mut state, now) = with(Capacity { at_once: number(2), queue: Some(3), then: None });
        let waits: Vec<_> = (0..7).map(|_| admit(&mut state, &limits, now)).collect();
        assert_eq!(waits, [Ok(10), Ok(10), Ok(20), Ok(20), Ok(30), Err(503), Err(503)]);
        assert_eq!((state.counts.queued, state.counts.longest_queue), (3, 3));
        // Two of the waiting requests are served by then, and one still waits.
        assert_eq!(admit(&mut state, &limits, now + SERVICE), Ok(20));
        assert_eq!(admit(&mut state, &limits, now + 9 * SERVICE), Ok(10));
    }

    #[test]
    fn there_are_fewer_places_after_so_many_requests() {
        let then = Some(Change { after: 4, at_once: number(1) });
        let (limits, mut state, now) = with(Capacity { at_once: number(4), queue: None, then });
        let waits: Vec<_> = (0..6).map(|_| admit(&mut state, &limits, now)).collect();
        assert_eq!(waits, [Ok(10), Ok(10), Ok(10), Ok(10), Ok(20), Ok(30)]);
        let more = Capacity { at_once: number(1), queue: None, then: Some(Change { after: 1, at_once: number(3) }) };
        let limits = Limits { capacity: Some(more), rate: None };
        assert!(limits.check(SERVICE).unwrap_err().contains("only become smaller"));
        assert!(Limits::default().check(Duration::MAX).unwrap_err().contains("longer than a day"));
    }

    #[test]
    fn what_is_beyond_the_rate_is_refused_and_a_reset_begins_anew() {
        let rate = Some(Rate { a_second: number(1), burst: number(3) });
        let gate = Gate::new(Limits { capacity: None, rate });
        let admitted = || (0..5).map(|_| gate.admit(SERVICE)).filter(Result::is_ok).count();
        assert_eq!(admitted(), 3);
        assert_eq!(gate.admit(SERVICE), Err(Refusal { status: 429, retry_after: Some(1) }));
        let counts = gate.count(Stats::default());
        assert_eq!((counts.accepted, counts.refused), (3, 3));
        gate.reset();
        assert_eq!(gate.count(Stats::default()), Stats::default());
        assert_eq!(admitted(), 3);
    }
}
