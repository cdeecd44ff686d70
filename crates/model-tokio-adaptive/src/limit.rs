//! Finds how many requests in flight a server can use, from how fast it answers and from what it refuses.
//!
//! It follows TCP: the limit grows by a few for each window of answers, and shrinks by a factor when the server shows
//! that it is too high (additive increase, multiplicative decrease: Chiu and Jain, "Analysis of the Increase and
//! Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989). Two signs show that:
//! - The answers of a window take longer than the fastest window by more than `TOLERATED`, because requests wait at
//!   the server. The factor is then the one by which they take too long, as in the gradient limits of Netflix's
//!   concurrency-limits (<https://github.com/Netflix/concurrency-limits>).
//! - A request is refused. The limit is then halved, and does not grow while the server asks to wait.
//!
//! Before the first sign, the limit doubles with each window (the slow start of RFC 5681, section 3.1). The fastest
//! window is forgotten after `REMEMBERED`, and the limit is halved for one window to measure it anew, as BBR does
//! (Cardwell and others, "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016).

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// The limit at the start, as many as the segments that TCP sends at first (RFC 6928).
const FIRST: f64 = 10.0;

/// How many times as long as in the fastest window answers may take.
const TOLERATED: f64 = 1.5;

/// How many times as long they shall take after the limit has shrunk.
const AIMED_AT: f64 = 1.25;

/// The smallest factor by which the limit shrinks at once.
const MOST_AT_ONCE: f64 = 0.5;

/// A window has at least this many answers, so that a single slow one does not decide.
const LEAST_ANSWERS: usize = 10;

/// How long the fastest window is remembered.
const REMEMBERED: Duration = Duration::from_secs(10);

/// A limit of the requests in flight that adapts to the server.
#[derive(Debug)]
pub struct Limit {
    limit: f64,
    most: f64,
    /// Whether the server has shown no sign so far.
    starting: bool,
    /// The answers of the current window.
    window: Vec<Duration>,
    /// How long answers take in the fastest window, and when it was.
    fastest: Option<(Duration, Instant)>,
    /// Requests that were sent before this moment say nothing of the current limit.
    since: Option<Instant>,
    /// Until when the limit does not grow.
    hold: Option<Instant>,
}

impl Limit {
    /// A limit that never exceeds `most`.
    #[must_use]
    pub fn new(most: NonZeroUsize) -> Self {
        let most = most.get() as f64;
        Self {
            limit: FIRST.min(most),
            most,
            starting: true,
            window: Vec::new(),
            fastest: None,
            since: None,
            hold: None,
        }
    }

    /// The most that the limit may become.
    #[must_use]
    pub fn most(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.most as usize).unwrap_or(NonZeroUsize::MIN)
    }

    /// How many requests may be in flight now: at least one.
    #[must_use]
    pub fn get(&self) -> usize {
        self.limit as usize
    }

    /// Learns from an answer. `in_flight` is how many requests were in flight with it: fewer than half of the limit
    /// are no reason to raise it.
    pub fn answered(&mut self, sent: Instant, now: Instant, in_flight: usize) {
        if self.is_old(sent) {
            return;
        }
        self.window.push(now - sent);
        if self.window.len() < LEAST_ANSWERS.max(self.get()) {
            return;
        }
        let took = median(&mut self.window);
        self.window.clear();
        if self.fastest.is_some_and(|(_, at)| now - at > REMEMBERED) {
            self.fastest = None;
            self.shrink(MOST_AT_ONCE, now);
            return;
        }
        let fastest = match self.fastest {
            Some((fastest, _)) if fastest <= took => fastest,
            _ => {
                self.fastest = Some((took, now));
                took
            }
        };
        let times = took.as_secs_f64() / fastest.as_secs_f64().max(f64::MIN_POSITIVE);
        if times > TOLERATED {
            self.starting = false;
            self.shrink((AIMED_AT / times).max(MOST_AT_ONCE), now);
        } else if 2 * in_flight >= self.get() && self.hold.is_none_or(|until| now >= until) {
            self.hold = None;
            // As Netflix's gradient limits do: the square root lets a large limit recover as fast as a small one.
            let more = if self.starting { self.limit } else { self.limit.sqrt() };
            self.limit = (self.limit + more).min(self.most);
        }
    }

    /// Learns that a request was refused by a server that asks to wait for this long. The limit does not grow
    /// meanwhile, but for no longer than the fastest window is remembered.
    pub fn refused(&mut self, sent: Instant, now: Instant, wait: Duration) {
        let until = now + wait.min(REMEMBERED);
        self.hold = Some(self.hold.map_or(until, |hold| hold.max(until)));
        if !self.is_old(sent) {
            self.starting = false;
            self.shrink(MOST_AT_ONCE, now);
        }
    }

    fn shrink(&mut self, factor: f64, now: Instant) {
        self.limit = (self.limit * factor).max(1.0);
        self.since = Some(now);
        self.window.clear();
    }

    fn is_old(&self, sent: Instant) -> bool {
        self.since.is_some_and(|since| sent < since)
    }
}

/// The median of a window, which is not empty.
fn median(window: &mut [Duration]) -> Duration {
    let middle = window.len() / 2;
    *window.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(5);

    fn at_most(most: usize) -> Limit {
        Limit::new(NonZeroUsize::new(most).unwrap())
    }

    /// Sends as many requests as the limit allows, again and again, to a server that serves `capacity` at once, and
    /// returns the limits in between.
    fn limits(limit: &mut Limit, now: &mut Instant, capacity: usize, times: usize) -> Vec<usize> {
        let mut turn = |now: &mut Instant| {
            let (sent, in_flight) = (*now, limit.get());
            let took = DELAY.mul_f64((in_flight as f64 / capacity as f64).max(1.0));
            *now += took;
            for _ in 0..in_flight {
                limit.answered(sent, *now, in_flight);
            }
            limit.get()
        };
        (0..times).map(|_| turn(now)).collect()
    }

    #[test]
    fn the_limit_settles_between_what_the_server_serves_at_once_and_what_is_tolerated() {
        for capacity in [20, 50, 100] {
            let (mut limit, mut now) = (at_most(1_000), Instant::now());
            limits(&mut limit, &mut now, capacity, 30);
            let settled = limits(&mut limit, &mut now, capacity, 200);
            let (low, high) = (settled.iter().min().unwrap(), settled.iter().max().unwrap());
            assert!(*low >= capacity && *high <= 2 * capacity, "{capacity}: {low} to {high}");
        }
    }

    #[test]
    fn the_limit_follows_a_server_that_serves_fewer_at_once_and_one_that_serves_more() {
        let (mut limit, mut now) = (at_most(1_000), Instant::now());
        limits(&mut limit, &mut now, 100, 50);
        let fewer = limits(&mut limit, &mut now, 20, 50);
        assert!(fewer[20..].iter().all(|limit| (20..=40).contains(limit)), "{fewer:?}");
        let more = limits(&mut limit, &mut now, 100, 200);
        assert!(more[150..].iter().all(|limit| (100..=200).contains(limit)), "{more:?}");
    }

    #[test]
    fn the_limit_stays_within_its_bounds_and_does_not_grow_for_a_few_requests() {
        let (mut limit, mut now) = (at_most(15), Instant::now());
        assert_eq!(limits(&mut limit, &mut now, 1_000, 50).into_iter().max(), Some(15));
        let mut few = at_most(1_000);
        for _ in 0..1_000 {
            few.answered(now, now + DELAY, 2);
        }
        assert_eq!(few.get(), FIRST as usize);
        assert_eq!(at_most(3).get(), 3);
    }

    #[test]
    fn refusals_of_one_moment_halve_the_limit_once_and_hold_it_for_as_long_as_the_server_asks() {
        let (mut limit, mut now) = (at_most(1_000), Instant::now());
        let sent = now;
        now += DELAY;
        for _ in 0..10 {
            limit.refused(sent, now, Duration::from_secs(1));
        }
        assert_eq!(limit.get(), 5);
        let held = limits(&mut limit, &mut now, 1_000, 100);
        assert!(held.iter().all(|limit| *limit == 5), "{held:?}");
        now += Duration::from_secs(1);
        assert!(limits(&mut limit, &mut now, 1_000, 5).last() > Some(&5));
        for _ in 0..10 {
            now += DELAY;
            limit.refused(now, now, Duration::ZERO);
        }
        assert_eq!(limit.get(), 1);
    }

    #[test]
    fn a_server_that_has_become_slower_is_measured_anew() {
        let (mut limit, mut now) = (at_most(1_000), Instant::now());
        limits(&mut limit, &mut now, 20, 50);
        // Each answer takes ten times as long now, however few are in flight.
        let slow = |limit: &mut Limit, now: &mut Instant| {
            let (sent, in_flight) = (*now, limit.get());
            *now += 10 * DELAY.mul_f64((in_flight as f64 / 20.0).max(1.0));
            (0..in_flight).for_each(|_| limit.answered(sent, *now, in_flight));
        };
        (0..100).for_each(|_| slow(&mut limit, &mut now));
        assert!(limit.get() < 20);
        (0..1_000).for_each(|_| slow(&mut limit, &mut now));
        assert!(limit.get() >= 20, "{}", limit.get());
    }
}
