//! How many requests in flight are worth it when the server is the limit? The server serves 20 or 100 at once, each
//! for 5 ms, and lets the others wait; or it takes 500 requests a second, and answers 429 to the others. There are 1
//! to 1,000 requests in flight (10,000 in the full profile).
//!
//! The answer looks like: the number of answers a second grows with the requests in flight, until there are as many
//! as the server serves at once. From there on, more of them only wait longer, each as long as there are others
//! before it. Where the server refuses what is too much, more in flight also means that most requests are sent
//! several times. `tokio-adaptive` finds the number by itself. All arms may send a request again, up to ten times,
//! after the wait for which the server asks.
//!
//! Each number in flight is an arm of its own, such as `tokio-current-thread@20`, and all of them run in the same
//! rounds. The arms send as many requests as the server can answer in about a tenth of a second, and at least as many
//! as are in flight. The bench does not show a server that becomes slower by the requests that wait, or that fails
//! under them; a real one often does.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::{Case, Step};
use fanout_harness::config::Profile;
use fanout_model::Concurrency;
use fanout_record::run::Limits;
use fanout_suite::question::{Answers, FULL, Question, rounds};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "capacity",
        about: "How many in flight are worth it when the server is the limit? 1 to 1,000 in flight.",
        cases,
        admits: |model| model.concurrency() != Concurrency::One,
        usual: &USUAL,
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 60,
    })
}

/// Models by the dozen would show the same server again and again, and would need more connections than one address
/// has.
const USUAL: [&str; 2] = ["tokio-current-thread", "tokio-adaptive"];

/// The numbers in flight.
const IN_FLIGHT: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// The same in the full profile.
const IN_FLIGHT_IN_FULL: [usize; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 10_000];

/// Fewer numbers, for the server that refuses: a batch that is refused takes seconds.
const FEWER_IN_FLIGHT: [usize; 5] = [1, 5, 20, 100, 1_000];

/// Returns the steps of an arm that sends `requests` if `at_once` are in flight, fewer if fewer are, and at least as
/// many as are in flight.
const fn steps<const N: usize>(in_flight: [usize; N], at_once: usize, requests: usize) -> [Step; N] {
    let mut steps = [Step { in_flight: 1, requests: 1 }; N];
    let mut i = 0;
    while i < N {
        let n = in_flight[i];
        let busy = if n < at_once { n } else { at_once };
        let enough = requests * busy / at_once;
        steps[i] = Step { in_flight: n, requests: if enough < n { n } else { enough } };
        i += 1;
    }
    steps
}

const AT_20: [Step; 10] = steps(IN_FLIGHT, 20, 400);
const AT_100: [Step; 10] = steps(IN_FLIGHT, 100, 2_000);
const AT_20_IN_FULL: [Step; 12] = steps(IN_FLIGHT_IN_FULL, 20, 2_000);
const AT_100_IN_FULL: [Step; 12] = steps(IN_FLIGHT_IN_FULL, 100, 10_000);

/// Every arm sends as many requests, because the server changes after so many.
const CHANGING: [Step; 5] = steps([20, 50, 100, 200, 1_000], 1, 4_000);

/// Every arm sends as many requests, because the burst is a part of them.
const BY_RATE: [Step; 5] = steps(FEWER_IN_FLIGHT, 1, 250);
const BY_RATE_IN_FULL: [Step; 10] = steps(IN_FLIGHT, 1, 1_000);

/// The most in flight that an adaptive model may find.
const MOST: Option<NonZeroUsize> = NonZeroUsize::new(1_000);

fn cases(profile: Profile) -> Vec<Case> {
    let capacity = |at_once| Limits { capacity: Some(at_once), ..Limits::NONE };
    let case =
        Case { concurrency: MOST, delay: Duration::from_millis(5), engine: Engine::Hyper, retries: 10, ..Case::WARM };
    let full = profile == Profile::Full;
    let rounds = rounds(profile, FULL);
    let (of_20, at_20): (usize, &[Step]) = if full { (2_000, &AT_20_IN_FULL) } else { (400, &AT_20) };
    let mut cases =
        vec![Case { parameter: "20", requests: of_20, limits: capacity(20), steps: at_20, rounds, ..case }];
    if profile == Profile::Quick {
        return cases;
    }
    let (of_100, at_100): (usize, &[Step]) = if full { (10_000, &AT_100_IN_FULL) } else { (2_000, &AT_100) };
    cases.push(Case { parameter: "100", requests: of_100, limits: capacity(100), steps: at_100, rounds, ..case });
    if full {
        // Half way through each batch, the server becomes smaller.
        let limits = Limits { then: Some((2_000, 20)), ..capacity(100) };
        cases.push(Case { parameter: "100-then-20", requests: 4_000, limits, steps: &CHANGING, rounds, ..case });
    }
    // Its batches take seconds, and differ by more than a few rounds need to show.
    let (requests, steps, rounds): (usize, &[Step], _) =
        if full { (1_000, &BY_RATE_IN_FULL, 10) } else { (250, &BY_RATE, 3) };
    let limits = Limits { rate: Some((500, 20)), ..Limits::NONE };
    cases.push(Case { parameter: "500-a-second", requests, limits, steps, rounds: Some(rounds), ..case });
    cases
}
