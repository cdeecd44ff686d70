//! What happens when each answer takes processor time, for example to parse it? The server takes 20 ms for each
//! answer, with 20 requests in flight. The work on an answer is a hash that is hashed again and again, for 1 or 10
//! ms, and in the full profile also for 0 and 0.1 ms. It is done where the model reads the answer (in its thread, its
//! process, its task or its event loop), or on a pool to which the model hands the answer.
//!
//! The answer looks like: as long as the work is a small part of the wait, no model is much better than another. When
//! all work together is more than one processor can do in that time, a model that works on one thread takes as long
//! as the work, and its requests wait for each other. Models with threads, processes or tasks divide the work among
//! all processors. The notebook's claim that processes are for work and threads for waiting is about Python: here
//! threads divide the work as well. The floor does no work on the answers; it shows the wait alone. The bench does
//! not show work that waits itself, such as writing to a database.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, Beside, Question, rounds};
use fanout_suite::taking_part::chooses;
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "work",
        about: "What happens when each answer takes 1 to 10 ms of processor time? 20 in flight, a delay of 20 ms.",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Mock,
        beside: || vec![Beside::Peers { unasked: false }],
        seconds: 40,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let all = [("0", 100, 0), ("0.1", 100, 100), ("1", 40, 1_000), ("10", 20, 10_000)];
    let works: &[_] = match profile {
        Profile::Quick => &all[2..3],
        Profile::Default => &all[2..],
        Profile::Full => &all,
    };
    let rounds = rounds(profile, 60);
    let case = |(parameter, requests, microseconds)| {
        let (delay, work) = (Duration::from_millis(20), Duration::from_micros(microseconds));
        let concurrency = NonZeroUsize::new(20);
        Case { requests, concurrency, delay, work, engine: Engine::Hyper, rounds, parameter, ..Case::WARM }
    };
    works.iter().copied().map(case).collect()
}
