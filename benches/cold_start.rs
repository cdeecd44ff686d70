//! What does set-up cost? One request goes to a server that answers at once. Everything that comes before and after
//! it is on the clock: the client, the runtime, 20 threads or worker processes, the first connection, and ending all
//! of them.
//!
//! The answer looks like: a fraction of a millisecond for models that have nothing to start, more for models with
//! threads, and most for models with processes. A batch must be large enough to repay this cost. The bench does not
//! show how long the program itself takes to start, nor how long it takes to look up a name or to load the system's
//! certificates: the server is an IP address, without TLS.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_record::run::Start;
use fanout_suite::question::{Answers, Question, rounds};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "cold_start",
        about: "What does set-up cost? One request with everything that comes before and after it on the clock.",
        cases,
        admits: |_| true,
        usual: &[],
        server: Answers::Mock,
        beside: Vec::new,
        seconds: 3,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, 300);
    let concurrency = NonZeroUsize::new(20);
    vec![Case { requests: 1, concurrency, engine: Engine::Hyper, start: Start::Cold, rounds, ..Case::WARM }]
}
