//! The counts since the last reset. The beginning and the end of every request are noticed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Stats;

/// The counts under one lock, which is rarely contended, because one thread serves all requests.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stats: Stats,
    in_flight: u64,
    /// The number of resets so far.
    resets: u64,
}

/// Where a connection was last counted: the number of resets at that time, plus one; 0 if it was never counted.
#[derive(Debug, Default)]
pub(super) struct Connection(AtomicU64);

/// A request that has no answer yet. Dropping it marks its end, also if the client hangs up.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Counters);

impl Counters {
    /// Counts a request that is measured, on this connection.
    pub(super) fn arrived(&self, on: &Connection) -> InFlight<'_> {
        let mut state = self.lock();
        state.in_flight += 1;
        state.stats.arrivals += 1;
        state.stats.peak_in_flight = state.stats.peak_in_flight.max(state.in_flight);
        let since = state.resets + 1;
        if on.0.swap(since, Ordering::Relaxed) != since {
            state.stats.connections += 1;
        }
        InFlight(self)
    }

    /// Counts a request for another path.
    pub(super) fn strayed(&self) {
        self.lock().stats.strays += 1;
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().stats
    }

    /// Sets the counts to zero. Requests in flight stay in flight.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        *state = State { in_flight: state.in_flight, resets: state.resets + 1, stats: Stats::default() };
    }

    /// A thread that panicked left a valid state, because the state is consistent after every statement.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}
