//! Decides how far a probe raises the number of requests in flight, and how many are worth it.
//!
//! A probe measures each number once, with as few requests as can show something, because it asks somebody's server.
//! Its figures have no intervals.

use std::time::Duration;

use serde::Serialize;

/// The numbers in flight, in the order in which a probe tries them.
const IN_FLIGHT: [usize; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/// The fewest requests with which a number is tried.
const LEAST: u64 = 30;

/// The fewest requests that each place in flight carries. The first one connects, and does not count.
const EACH: u64 = 4;

/// The share of the best rate from which on more in flight is not worth it.
const WORTH: f64 = 0.95;

/// How many times the shortest typical latency is harm.
const SLOWER: f64 = 2.0;

/// A number in flight that is to be tried, with its number of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The requests in flight.
    pub in_flight: usize,
    /// The number of requests.
    pub requests: u64,
}

/// Returns the numbers that fit into a budget of requests, up to `most` in flight. One request is left for the first
/// try.
#[must_use]
pub fn plan(most: usize, budget: u64) -> Vec<Planned> {
    let mut left = budget.saturating_sub(1);
    let planned = |in_flight: usize| {
        let turns = EACH.max(LEAST.div_ceil(in_flight as u64));
        let requests = turns * in_flight as u64;
        left = left.checked_sub(requests)?;
        Some(Planned { in_flight, requests })
    };
    IN_FLIGHT.into_iter().take_while(|in_flight| *in_flight <= most).map_while(planned).collect()
}

/// What a probe measured with one number in flight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// The requests in flight.
    pub in_flight: usize,
    /// The number of requests.
    pub requests: u64,
    /// Good answers a second, once all places are connected.
    pub rate: f64,
    /// The latency that half of the good answers do not exceed, in milliseconds.
    pub half_ms: f64,
    /// The latency that 99 of 100 good answers do not exceed, in milliseconds.
    pub slowest_ms: f64,
    /// How many requests were refused with 429 or 503.
    pub refused: u64,
    /// How many requests failed otherwise.
    pub failed: u64,
    /// The first failure or refusal, in words.
    pub first_failure: Option<String>,
}

impl Tried {
    /// Computes the figures from the latencies of the good answers, in any order, and from the time in which all of
    /// them came.
    #[must_use]
    pub fn new(planned: Planned, mut latencies: Vec<Duration>, all: Duration) -> Self {
        latencies.sort_unstable();
        let at = |share: f64| {
            let place = (share * latencies.len() as f64).ceil() as usize;
            latencies.get(place.clamp(1, latencies.len().max(1)) - 1).map_or(f64::NAN, |it| it.as_secs_f64() * 1e3)
        };
        let rate = latencies.len() as f64 / all.as_secs_f64();
        Self {
            in_flight: planned.in_flight,
            requests: planned.requests,
            rate,
            half_ms: at(0.5),
            slowest_ms: at(0.99),
            refused: 0,
            failed: 0,
            first_failure: None,
        }
    }
}

/// A sign that more requests in flight would harm the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harm {
    /// The server refused a request.
    Refused,
    /// A request failed.
    Failed,
    /// Half of the answers take twice as long as with the number at which they were the fastest.
    Slower,
}

/// Returns the sign of harm in the last number that was tried, or `None` if there is none.
#[must_use]
pub fn harm(tried: &[Tried]) -> Option<Harm> {
    let (last, before) = tried.split_last()?;
    let shortest = before.iter().map(|tried| tried.half_ms).fold(f64::INFINITY, f64::min);
    match (last.refused > 0, last.failed > 0) {
        (true, _) => Some(Harm::Refused),
        (false, true) => Some(Harm::Failed),
        (false, false) => (last.half_ms > SLOWER * shortest).then_some(Harm::Slower),
    }
}

/// Returns whether more in flight than this place's number was tried, without a refusal or a failure, and brought at
/// most 5 % more answers a second.
#[must_use]
pub fn is_flat(tried: &[Tried], worth: usize) -> bool {
    let mut later = tried.iter().skip(worth + 1).filter(|tried| tried.refused == 0 && tried.failed == 0).peekable();
    later.peek().is_some() && later.all(|later| tried[worth].rate >= WORTH * later.rate)
}

/// Returns the place of the smallest number in flight that brings nearly as many answers a second as any other, among
/// those without a sign of harm. `None` if there is none.
#[must_use]
pub fn worth(tried: &[Tried]) -> Option<usize> {
    // Only the last one can show harm, because the probe ends there.
    let tried = if harm(tried).is_some() { &tried[..tried.len() - 1] } else { tried };
    let sound = |tried: &&Tried| tried.refused == 0 && tried.failed == 0 && tried.rate.is_finite();
    let best = tried.iter().filter(sound).map(|tried| tried.rate).reduce(f64::max)?;
    tried.iter().position(|tried| sound(&tried) && tried.rate >= WORTH * best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(in_flight: usize, ms: u64) -> Tried {
        let planned = Planned { in_flight, requests: 30 };
        let turns = 30_u32.div_ceil(u32::try_from(in_flight).unwrap());
        let n = turns as usize * in_flight;
        Tried::new(planned, vec![Duration::from_millis(ms); n], turns * Duration::from_millis(ms))
    }

    #[test]
    fn a_plan_never_exceeds_the_budget_nor_the_most_in_flight() {
        for budget in [0, 1, 30, 31, 100, 2_000, 50_000] {
            let sum: u64 = plan(1_000, budget).iter().map(|planned| planned.requests).sum();
            assert!(sum < budget.max(1), "{budget}: {sum}");
        }
        assert_eq!(plan(20, 100_000).last().map(|planned| planned.in_flight), Some(20));
        assert_eq!(plan(1_000, 2_000).last().map(|planned| planned.in_flight), Some(200));
        assert!(plan(1_000, 30).is_empty());
    }

    #[test]
    fn the_number_that_is_worth_it_is_the_smallest_that_is_nearly_as_fast_as_the_best() {
        // 20 places of 5 ms each: from there on, requests wait for each other.
        let all = [tried(1, 5), tried(10, 5), tried(20, 5), tried(50, 12), tried(100, 25)];
        assert_eq!(worth(&all), Some(2));
        assert_eq!(harm(&all[..3]), None);
        assert_eq!(harm(&all[..4]), Some(Harm::Slower));
        let rate = all[2].rate;
        assert!((rate - 4_000.0).abs() < 1.0, "{rate}");
    }

    #[test]
    fn a_curve_is_flat_only_where_more_was_tried_without_harm() {
        let all = [tried(1, 5), tried(10, 5), tried(20, 10)];
        assert!(is_flat(&all, 1) && !is_flat(&all[..2], 1));
        let refused = Tried { refused: 1, ..tried(20, 5) };
        assert!(!is_flat(&[tried(1, 5), tried(10, 5), refused], 1));
    }

    #[test]
    fn a_refusal_and_a_failure_are_harm_and_are_worth_nothing() {
        let refused = Tried { refused: 1, ..tried(50, 1) };
        let failed = Tried { failed: 1, ..tried(50, 1) };
        assert_eq!(harm(&[tried(20, 5), refused.clone()]), Some(Harm::Refused));
        assert_eq!(harm(&[tried(20, 5), failed.clone()]), Some(Harm::Failed));
        assert_eq!(worth(&[tried(20, 5), refused]), Some(0));
        assert_eq!(worth(&[failed]), None);
        assert_eq!(worth(&[Tried::new(Planned { in_flight: 1, requests: 1 }, Vec::new(), Duration::ZERO)]), None);
    }
}
