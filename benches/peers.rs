//! By how much are the Rust models faster than other languages? A batch has 1,000 requests at 0 ms, or 100 with
//! `FANOUT_PROFILE=quick`. Each model has as many in flight as in the notebook, with its connections open. The
//! notebook's four systems in Python run beside every model in the same rounds, and with them httpx, Node and Go.
//!
//! The answer looks like: at 0 ms a program is limited by its cost per request, so that the processor time of a
//! request is the figure to compare. The bench does not show anything about slow servers, where all of them wait
//! equally long; `notebook` and `server_delay` with `FANOUT_PEERS` do. Node has made 5,000 requests before, since it
//! compiles while it runs. Its `fetch` closes connections that wait for more than 4 s, as they do in a long round,
//! and has no setting for that.
//!
//! `cargo bench -p fanout-benches --bench peers` runs it, with the languages that `FANOUT_PEERS` names, or all.
//! `cargo fanout peers setup` makes what they need, and docs/peers.md says what they are. A language that is missing
//! is skipped with the reason. Without any, the bench measures nothing. With all of them, ten rounds take five
//! minutes, since some peers take seconds for a batch.

use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_suite::question::{Answers, Beside, FULL, Question, rounds};

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "peers",
        about: "By how much are the models faster than programs in Python, Node and Go? The server answers at once.",
        cases,
        admits: |_| true,
        usual: &[],
        server: Answers::Mock,
        beside: || vec![Beside::Peers { unasked: true }],
        seconds: 60,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, FULL);
    // httpx takes ten times as long for each of a thousand requests as for each of a hundred. A quick run would wait
    // for httpx alone.
    let requests = if profile == Profile::Quick { 100 } else { 1_000 };
    vec![Case { requests, rounds, ..Case::WARM }]
}
