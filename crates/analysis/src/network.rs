//! Finds what a way to the server costs against another one, from one round trip to the next.

use std::time::Duration;

use fanout_record::run::{Exchange, Role};
use fanout_stats::{Between, Estimate};

use crate::compared::{Answered, Compared};
use crate::metric::Metric;

/// Two ways of one model, compared at several round trips, with the same answers and the same loss.
#[derive(Debug)]
pub struct Line {
    /// The length of an answer, in bytes; `None` for a UUID.
    pub bytes: Option<u64>,
    /// The share of packets that each direction loses, from 0 to 1.
    pub loss: f64,
    /// The comparisons, from the shortest round trip to the longest.
    pub points: Vec<Point>,
}

/// Two ways at one round trip.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The time of a round trip.
    pub round_trip: Duration,
    /// How many times as long the second way takes as the first.
    pub ratio: Estimate,
    /// How the second way stands against the first.
    pub between: Between,
}

/// Returns the name of an arm's way: what follows `@` in its label. `None` if the model takes one way only.
#[must_use]
pub fn way(label: &str) -> Option<&str> {
    label.split_once('@').map(|(_, way)| way)
}

/// Returns the models that take several ways in a question.
#[must_use]
pub fn models<'a>(answered: &'a Answered<'_>) -> Vec<&'a str> {
    let mut models = Vec::new();
    let rows = answered.scenarios.iter().flat_map(|compared| &compared.rows);
    for arm in rows.map(|row| row.arm).filter(|arm| arm.role == Role::Model && way(&arm.label).is_some()) {
        if !models.contains(&arm.model.as_str()) {
            models.push(&arm.model);
        }
    }
    models
}

/// Returns a line for each length and each loss of a question that makes a network: how many times as long a model
/// takes on the way `second` as on the way `first`. A scenario without one of the ways has no point.
#[must_use]
pub fn lines(answered: &Answered<'_>, model: &str, first: &str, second: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for compared in &answered.scenarios {
        let scenario = &compared.measured.scenario;
        let (Some(network), Some((ratio, between))) = (scenario.network, between(compared, model, first, second))
        else {
            continue;
        };
        let bytes = bytes(scenario.exchange);
        let point = Point { round_trip: network.round_trip(), ratio, between };
        match lines.iter_mut().find(|line| line.bytes == bytes && line.loss == network.loss) {
            Some(line) => line.points.push(point),
            None => lines.push(Line { bytes, loss: network.loss, points: vec![point] }),
        }
    }
    lines.iter_mut().for_each(|line| line.points.sort_by_key(|point| point.round_trip));
    lines
}

/// Returns how many times as long one way takes as another, in the ranking of these two alone.
fn between(compared: &Compared<'_>, model: &str, first: &str, second: &str) -> Option<(Estimate, Between)> {
    let takes = |row: usize, wanted: &str| {
        let arm = compared.rows[row].arm;
        arm.role == Role::Model && arm.model == model && way(&arm.label) == Some(wanted)
    };
    let find = |wanted| (0..compared.rows.len()).find(|row| takes(*row, wanted));
    let (first, second) = (find(first)?, find(second)?);
    compared.among(Metric::Time, |row| row == first || row == second).between(second, first)
}

/// The most bytes of a TCP segment in a network with packets of 1,500 bytes: 20 bytes are for IPv4 (RFC 791), 20 for
/// TCP (RFC 9293) and 12 for its timestamps (RFC 7323).
const SEGMENT: u64 = 1_500 - 20 - 20 - 12;

/// How many segments TCP sends at first without an answer (RFC 6928, and Linux since 2.6.39).
const INITIAL_WINDOW: u64 = 10;

/// Returns the fewest round trips in which an answer of this length arrives over a connection on which nothing was
/// sent before: one for the request and the first window, and one more each time the window, which doubles (slow
/// start, RFC 5681, section 3.1), is used up. The head of the answer is left out.
#[must_use]
pub fn round_trips_of_slow_start(bytes: u64) -> u32 {
    let segments = bytes.div_ceil(SEGMENT).max(1);
    let (mut sent, mut window, mut trips) = (0, INITIAL_WINDOW, 0);
    while sent < segments {
        sent += window;
        window *= 2;
        trips += 1;
    }
    trips
}

/// Returns the fewest round trips of one request. A new connection takes one (RFC 9293, section 3.5), and one more
/// with TLS 1.3 (RFC 8446, section 2); the answer then comes as slow start allows. A connection on which much was
/// sent before needs one round trip.
#[must_use]
pub fn round_trips(bytes: u64, is_new: bool, tls: bool) -> u32 {
    if is_new { 1 + u32::from(tls) + round_trips_of_slow_start(bytes) } else { 1 }
}

/// Returns the time that the floor's batch takes if everything but the distance is free: for each of ceil(N / c)
/// turns, the round trips of one request. The first time is that over connections on which much was sent before, as
/// the floor has them, and the second one over new connections. `None` if no network was made, or there is no floor.
#[must_use]
pub fn distance_alone(compared: &Compared<'_>) -> Option<[Duration; 2]> {
    let scenario = &compared.measured.scenario;
    let round_trip = scenario.network?.round_trip();
    let turns = scenario.requests.div_ceil(compared.floor()?.arm.concurrency.max(1));
    let turns = u32::try_from(turns).unwrap_or(u32::MAX);
    let bytes = bytes(scenario.exchange).unwrap_or(0);
    Some(
        [false, true]
            .map(|is_new| round_trip.saturating_mul(turns.saturating_mul(round_trips(bytes, is_new, false)))),
    )
}

/// Returns the length of an answer, in bytes; `None` if it is a short one whose length is not chosen.
fn bytes(exchange: Exchange) -> Option<u64> {
    match exchange {
        Exchange::Download { bytes, .. } => Some(bytes),
        Exchange::Upload { .. } | Exchange::Uuid | Exchange::Own => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_doubles_until_the_answer_is_sent() {
        for (segments, trips) in [(1, 1), (10, 1), (11, 2), (30, 2), (31, 3), (70, 3), (71, 4), (150, 4), (151, 5)] {
            assert_eq!(round_trips_of_slow_start(segments * SEGMENT), trips, "{segments}");
        }
        assert_eq!(round_trips_of_slow_start(0), 1);
    }

    #[test]
    fn a_new_connection_takes_a_round_trip_and_tls_one_more() {
        assert_eq!(round_trips(1_000, false, false), 1);
        assert_eq!(round_trips(1_000, true, false), 2);
        assert_eq!(round_trips(1_000, true, true), 3);
        assert_eq!(round_trips(256_000, true, false), 6);
    }

    #[test]
    fn a_way_is_what_follows_the_sign() {
        assert_eq!(way("tokio-current-thread@tls-http2"), Some("tls-http2"));
        assert_eq!(way("tokio-current-thread"), None);
    }
}
