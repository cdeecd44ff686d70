//! What did the notebook measure? A batch fetches 100 UUIDs. Each model has as many requests in flight as in the
//! notebook, and its set-up is included.
//!
//! The answer looks like: `sequential` takes the sum of all waits, a pool takes this sum divided by its size, and an
//! event loop takes little more than one wait. The bench does not show which model is better at equal concurrency;
//! `server_delay` does. The server waits 20 ms. The notebook's server took about 600 ms, and with
//! `FANOUT_PROFILE=full` this server waits as long as that.

use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_record::run::Start;
use fanout_suite::question::{Answers, Beside, Question, rounds};

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "notebook",
        about: "What the notebook measured: 100 requests, set-up included. Each model has as many in flight as the \
                notebook gave it.",
        cases,
        admits: |_| true,
        usual: &[],
        server: Answers::MockOrTarget,
        beside: || vec![Beside::Peers { unasked: false }],
        seconds: 35,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let delay = match profile {
        Profile::Quick => Duration::from_millis(2),
        Profile::Default => Duration::from_millis(20),
        Profile::Full => Duration::from_millis(600),
    };
    let rounds = rounds(profile, 15);
    vec![Case { delay, start: Start::Cold, rounds, ..Case::WARM }]
}
