//! Are the Rust models faster than the notebook's Python? A batch has 1,000 requests at 0 ms. Each model has as many
//! in flight as in the notebook, with all connections open. The notebook's four systems in Python run beside every
//! model, in the same rounds.
//!
//! The answer looks like: Python is limited by its cost per request, so that every concurrent Rust model is several
//! times faster. The bench does not show anything about slow servers, where all of them wait equally long; `notebook`
//! does. `cargo bench -p fanout-benches --bench peers` runs it. It needs a Python with `requests` and `aiohttp`,
//! which `FANOUT_PYTHON` may name. Without one, the bench prints the reason and measures nothing.

use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_needs::skip;
use fanout_peers::{NOTEBOOK, Python};
use fanout_suite::question::{Answers, Beside, FULL, Question, rounds};

fn main() -> ExitCode {
    fanout_harness::enter_with(fanout_peers::find);
    if let Err(why) = Python::check() {
        return match skip("python", &why) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("peers: {error}");
                ExitCode::FAILURE
            }
        };
    }
    fanout_suite::run(&Question {
        name: "peers",
        about: "Faster than the notebook's Python?",
        cases,
        admits: |_| true,
        usual: &[],
        server: Answers::Mock,
        beside: || NOTEBOOK.iter().map(|peer| Beside::Peer(peer)).collect(),
        seconds: 60,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, FULL);
    vec![Case { requests: 1_000, rounds, ..Case::WARM }]
}
