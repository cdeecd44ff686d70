//! How does the cost grow with N, the number of requests? A batch has 1 to 1,000 requests (10,000 in the full
//! profile), with 50 in flight and a delay of 1 ms.
//!
//! The answer looks like: a batch takes one wait until the lanes are full, then a wait for every 50 requests, or the
//! work on them if that takes longer. If a model's cost per request grows with N, the model stores something that it
//! need not store. The bench does not show what happens without a limit, with all N in flight at once: every model
//! keeps its limit here. `sequential` always has one request in flight, and is left out.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, FULL, Question, rounds};
use fanout_suite::taking_part::chooses;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "batch_size",
        about: "How does the cost grow with the number of requests? 50 in flight, a delay of 1 ms.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 12,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let sizes: &[_] = match profile {
        Profile::Quick => &[("100", 100)],
        Profile::Default => &[("1", 1), ("10", 10), ("100", 100), ("1000", 1_000)],
        Profile::Full => &[("1", 1), ("10", 10), ("100", 100), ("1000", 1_000), ("10000", 10_000)],
    };
    let rounds = rounds(profile, FULL);
    let case = |(parameter, requests)| {
        let delay = Duration::from_millis(1);
        Case { requests, concurrency: NonZeroUsize::new(50), delay, rounds, parameter, ..Case::WARM }
    };
    sizes.iter().copied().map(case).collect()
}
