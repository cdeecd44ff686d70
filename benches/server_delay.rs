//! Which model is best when the server is slow, and which when it is fast? A batch has 100 requests with 20 in
//! flight, and the delays are 0 to 20 ms.
//!
//! The answer looks like: the longer the wait, the closer every correct model comes to the floor, and to the others.
//! At 0 ms, the wall time does not show much, because it then measures how fast this machine wakes an idle core.
//! Compare the CPU time per request there. The hyper engine answers at 0 ms, because wiremock would be part of the
//! result. `sequential` always has one request in flight, and is left out.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, Beside, FULL, Question, rounds};
use fanout_suite::taking_part::chooses;
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "server_delay",
        about: "Which model when the server is slow, and which when it is fast: 100 requests, 20 in flight.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: || vec![Beside::Peers { unasked: false }],
        seconds: 50,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let delays: &[_] = match profile {
        Profile::Quick => &[("0", 0), ("5", 5)],
        Profile::Default => &[("0", 0), ("1", 1), ("5", 5), ("20", 20)],
        Profile::Full => &[("0", 0), ("1", 1), ("5", 5), ("10", 10), ("20", 20), ("100", 100)],
    };
    let rounds = rounds(profile, FULL);
    let case = |(parameter, milliseconds)| {
        let delay = Duration::from_millis(milliseconds);
        let engine = if delay.is_zero() { Engine::Hyper } else { Engine::Wiremock };
        Case { concurrency: NonZeroUsize::new(20), delay, engine, rounds, parameter, ..Case::WARM }
    };
    delays.iter().copied().map(case).collect()
}
