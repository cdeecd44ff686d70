//! What do the usual mistakes cost? A batch has 100 requests with a delay of 5 ms, and 20 may be in flight. Each
//! mistake is measured beside its twin: the right model that does the same, in the same rounds.
//!
//! The answer looks like: whoever makes one request after another without noticing (awaiting in a loop, blocking the
//! event loop, holding a lock) takes 20 times as long, because 20 were allowed. A new connection for each request
//! takes longer and costs processor time. Without a limit, the batch is over sooner, because this server bears all
//! requests at once. The bench does not show what such a batch does to a server that does not bear it, nor what a
//! connection costs over a distance or with TLS, where it takes far longer than here.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_mistakes::MISTAKES;
use fanout_suite::question::{Answers, Beside, FULL, Question, rounds};
use mock_server::Engine;

fn main() -> ExitCode {
    fanout_harness::enter_with(fanout_mistakes::find);
    fanout_suite::run(&Question {
        name: "mistakes",
        about: "What do the usual mistakes cost? 100 requests, 20 in flight, a delay of 5 ms.",
        cases,
        admits: |model| MISTAKES.iter().any(|mistake| mistake.twin == model.id()),
        usual: &[],
        server: Answers::Mock,
        beside: || {
            MISTAKES
                .iter()
                .map(|it| Beside::Mistake { model: it.model, twin: it.twin, limited: it.limited })
                .collect()
        },
        seconds: 25,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = rounds(profile, FULL);
    let (concurrency, delay) = (NonZeroUsize::new(20), Duration::from_millis(5));
    vec![Case { concurrency, delay, engine: Engine::Hyper, rounds, ..Case::WARM }]
}
