//! How near do the models come to the floor with a hundred in flight, and does a large batch stay small? 1,000 requests
//! with 100 in flight and a delay of 10 ms; 10,000 with 256 in flight and 5 ms, within 1,024 open files.
//!
//! The answer looks like: most models within a few percent of the floor in the first; in the second every model done,
//! with tens of megabytes and no more connections than it may have in flight. It can't tell which is better where
//! nothing waits: see `rivals`. `cargo bench -p fanout-benches --bench limits` runs it, in some three minutes; to see
//! that 1,024 files are enough, run it after `ulimit -n 1024`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_benches::question::{Case, Question, chooses};
use fanout_harness::config::Profile;
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_benches::run(&Question { name: "limits", cases, admits: chooses, beside: Vec::new })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = match profile {
        Profile::Quick => 10,
        Profile::Default => 30,
        Profile::Full => 100,
    };
    let engine = Engine::Hyper;
    let near = Case {
        requests: 1_000,
        concurrency: NonZeroUsize::new(100),
        delay: Duration::from_millis(10),
        engine,
        rounds,
        parameter: "near",
        ..Case::WARM
    };
    let large = Case {
        requests: 10_000,
        concurrency: NonZeroUsize::new(256),
        delay: Duration::from_millis(5),
        engine,
        parameter: "large",
        ..Case::WARM
    };
    vec![near, large]
}
