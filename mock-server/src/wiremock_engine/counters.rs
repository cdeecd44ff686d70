//! The counts since the last reset.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task;

use crate::Stats;

/// How many connections are distinguished between two resets. Beyond that, a connection that goes on is counted
/// again.
const MOST_REMEMBERED: usize = 1 << 16;

/// How much memory wiremock uses to keep a request without a body, in bytes.
const OF_A_REQUEST: u64 = 4_500;

/// The counts under one lock. It is never contended, because wiremock holds its own lock around every answer.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stats: Stats,
    due: BinaryHeap<Reverse<Instant>>,
    connections: HashSet<task::Id>,
    /// Connections that were counted and have been removed from the set.
    forgotten_connections: u64,
    /// Requests that wiremock has kept since they were last dropped.
    kept: u64,
}

impl Counters {
    /// Counts a request that is measured, and whose answer is due after `delay`. Call it on the task that serves the
    /// request's connection: wiremock does not report connections, but hyper serves each HTTP/1 connection on one
    /// task.
    pub(super) fn arrived(&self, delay: Duration) {
        let now = Instant::now();
        let mut state = self.lock();
        state.forget_answered(now);
        state.due.push(Reverse(now + delay));
        state.stats.arrivals += 1;
        state.stats.peak_in_flight = state.stats.peak_in_flight.max(state.due.len() as u64);
        if let Some(connection) = task::try_id() {
            if state.connections.len() == MOST_REMEMBERED {
                state.forgotten_connections += MOST_REMEMBERED as u64;
                state.connections.clear();
            }
            state.connections.insert(connection);
        }
    }

    /// Counts a request for another path.
    pub(super) fn strayed(&self) {
        self.lock().stats.strays += 1;
    }

    /// Counts one more request that wiremock keeps, for any path. A body counts as many requests as take that much
    /// memory.
    pub(super) fn kept(&self, body: usize) {
        self.lock().kept += 1 + body as u64 / OF_A_REQUEST;
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.lock();
        Stats { connections: state.forgotten_connections + state.connections.len() as u64, ..state.stats }
    }

    /// Sets the counts to zero.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        *state = State { kept: state.kept, ..State::default() };
    }

    /// Whether wiremock keeps at least `limit` requests while no request is waiting for its answer.
    pub(super) fn is_idle_and_keeps(&self, limit: u64) -> bool {
        let mut state = self.lock();
        state.forget_answered(Instant::now());
        state.due.is_empty() && state.kept >= limit
    }

    /// Notes that the requests that wiremock kept were dropped.
    pub(super) fn forgotten(&self) {
        self.lock().kept = 0;
    }

    /// A thread that panicked left a valid state, because the state is consistent after every statement.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_answered(&mut self, now: Instant) {
        while self.due.peek().is_some_and(|Reverse(due)| *due <= now) {
            self.due.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_in_flight_until_its_answer_is_due_and_a_reset_counts_from_zero() {
        let counters = Counters::default();
        counters.arrived(Duration::from_secs(600));
        counters.arrived(Duration::from_secs(600));
        counters.arrived(Duration::ZERO);
        counters.arrived(Duration::ZERO);
        assert_eq!(counters.stats().arrivals, 4);
        assert_eq!(counters.stats().peak_in_flight, 3);
        (0..3).for_each(|_| counters.kept(0));
        counters.kept(1);
        assert!(!counters.is_idle_and_keeps(1));
        counters.reset();
        assert_eq!(counters.stats(), Stats::default());
        assert!(counters.is_idle_and_keeps(4));
        counters.forgotten();
        assert!(!counters.is_idle_and_keeps(1));
        counters.kept(1_000_000);
        assert!(counters.is_idle_and_keeps(200));
    }
}
