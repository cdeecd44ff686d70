//! What does set-up cost? One request to a server that answers at once, with everything that comes before it on the
//! clock, and everything that ends it: client, runtime, 20 threads or worker processes, the first connection.
//!
//! The answer looks like: a fraction of a millisecond for what has nothing to start, more for threads, most for
//! processes. It is what a batch must be large enough to repay. It can't tell what starting the program itself takes,
//! nor what it is to look up a name or to load the system's certificates: the server is an address, without TLS.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_record::run::Start;
use fanout_suite::question::{Question, quick};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "cold_start",
        about: "What does set-up cost? One request with everything that comes before and after it on the clock.",
        cases,
        admits: |_| true,
        takes_target: false,
        beside: Vec::new,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = match profile {
        Profile::Quick => quick(),
        Profile::Default => 30,
        Profile::Full => 300,
    };
    let concurrency = NonZeroUsize::new(20);
    vec![Case { requests: 1, concurrency, engine: Engine::Hyper, start: Start::Cold, rounds, ..Case::WARM }]
}
