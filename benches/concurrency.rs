//! What is gained with more requests in flight? There are 1 to 256 in flight, with a delay of 5 ms and four requests
//! for each lane.
//!
//! The answer looks like: every batch takes four waits, so that the time stays the same while the batch and the
//! throughput grow. That ends when the work on the client's side takes longer than the wait, first for the models
//! with the most CPU time per request. From there on, more requests in flight gain nothing. The bench does not show
//! the limit of a real server. This server holds back any number of answers, but it allows no more than 200 streams
//! of HTTP/2, a limit that `http2-multiplex` reaches at 256. `sequential` always has one request in flight, and is
//! left out.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, FULL, Question, rounds};
use fanout_suite::taking_part::chooses;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "concurrency",
        about: "What does more in flight buy? Four requests a lane, a delay of 5 ms.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 30,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let limits: &[_] = match profile {
        Profile::Quick => &[("64", 64)],
        Profile::Default => &[("1", 1), ("8", 8), ("64", 64), ("256", 256)],
        Profile::Full => &[("1", 1), ("4", 4), ("16", 16), ("64", 64), ("100", 100), ("256", 256)],
    };
    let rounds = rounds(profile, FULL);
    let case = |(parameter, limit)| {
        let delay = Duration::from_millis(5);
        Case { requests: 4 * limit, concurrency: NonZeroUsize::new(limit), delay, rounds, parameter, ..Case::WARM }
    };
    limits.iter().copied().map(case).collect()
}
