//! Which model is best when the server is slow, and which when it is fast? 100 requests, 20 in flight, delays of 0 to
//! 20 ms.
//!
//! The answer looks like: the longer the wait, the closer every correct model comes to the floor, and to the others.
//! At 0 ms it can't tell much by wall time, which then measures how fast this machine wakes an idle core: compare the
//! CPU time per request there. The hyper engine answers at 0 ms, because wiremock would be part of the result.
//! `sequential` has one in flight by its nature, and is left out.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Question, chooses, quick};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "server_delay",
        about: "Which model when the server is slow, and which when it is fast: 100 requests, 20 in flight.",
        cases,
        admits: chooses,
        takes_target: false,
        beside: Vec::new,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    // The longest delay takes most of the time and varies least.
    let delays: &[_] = match profile {
        Profile::Quick => &[("0", 0, quick()), ("5", 5, quick())],
        Profile::Default => &[("0", 0, 30), ("1", 1, 30), ("5", 5, 30), ("20", 20, 15)],
        Profile::Full => {
            &[("0", 0, 61), ("1", 1, 61), ("5", 5, 61), ("10", 10, 61), ("20", 20, 61), ("100", 100, 61)]
        }
    };
    let case = |(parameter, milliseconds, rounds)| {
        let delay = Duration::from_millis(milliseconds);
        let engine = if delay.is_zero() { Engine::Hyper } else { Engine::Wiremock };
        Case { concurrency: NonZeroUsize::new(20), delay, engine, rounds, parameter, ..Case::WARM }
    };
    delays.iter().copied().map(case).collect()
}
