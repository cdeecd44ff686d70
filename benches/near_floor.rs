//! How near do the models come to the floor with a hundred requests in flight? A batch has 1,000 requests with a
//! delay of 10 ms, on the hyper engine.
//!
//! The answer looks like: most models are within a few percent of the floor. The difference is the work on the
//! answers of one wait before the next wait begins. The bench does not show which model is better if there is no
//! delay; `rivals` does. `cargo bench -p fanout-benches --bench near_floor` runs it, in about two minutes.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, Question, rounds};
use fanout_suite::taking_part::chooses;
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "near_floor",
        about: "How near to the floor with a hundred in flight? 1,000 requests, a delay of 10 ms.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 60,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, 200);
    let (concurrency, delay) = (NonZeroUsize::new(100), Duration::from_millis(10));
    vec![Case { requests: 1_000, concurrency, delay, engine: Engine::Hyper, rounds, ..Case::WARM }]
}
