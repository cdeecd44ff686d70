//! What arrived since the last reset; each request is seen to come and to go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Stats;

/// Counts under one lock, which is free as a rule: one thread serves all requests.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stats: Stats,
    in_flight: u64,
    /// Resets so far.
    resets: u64,
}

/// One connection: which reset it was counted after, plus one; 0 where it was not.
#[derive(Debug, Default)]
pub(super) struct Connection(AtomicU64);

/// A request that has no answer yet. Dropping it is its end, also where the client hangs up.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Counters);

impl Counters {
    /// A request for `/uuid` came on this connection.
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

    /// A request for some other path.
    pub(super) fn strayed(&self) {
        self.lock().stats.strays += 1;
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().stats
    }

    /// Counts from zero; what is in flight stays in flight.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        *state = State { in_flight: state.in_flight, resets: state.resets + 1, stats: Stats::default() };
    }

    /// The state is whole after every statement, so that a panic elsewhere cannot have spoilt it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}
