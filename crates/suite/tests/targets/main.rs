//! Targets as a user of Criterion has them: processes, arguments, files, exit codes.
//!
//! This program is also the target that it tests, a small one of two scenarios: `main` asks the environment which.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod arguments;
mod elsewhere;
mod ended;
mod fixture;
mod kept;
mod measured;
mod mistakes;
mod peers;
mod variables;

use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_mistakes::MISTAKES;
use fanout_suite::question::{Answers, Beside, Question};
use fanout_suite::taking_part::chooses;
use libtest_mimic::{Arguments, Trial};

use crate::fixture::{ROLE, limited, network, one, own, protocols, refusing, two};

fn main() -> ExitCode {
    fanout_harness::enter_with(fanout_mistakes::find);
    if let Some(asked) = std::env::var_os(ROLE) {
        let beside: fn() -> Vec<Beside> = match asked.to_str() {
            Some("mistakes") => all_mistakes,
            Some("peers") => || vec![Beside::Peers { unasked: false }],
            _ => Vec::new,
        };
        let (cases, server): (fn(Profile) -> Vec<Case>, _) = match asked.to_str() {
            Some("one") => (one, Answers::MockOrTarget),
            Some("own") => (own, Answers::Own),
            Some("limited") => (limited, Answers::Mock),
            Some("refusing") => (refusing, Answers::Mock),
            Some("network") => (network, Answers::Mock),
            Some("protocols") => (protocols, Answers::Mock),
            _ => (two, Answers::Mock),
        };
        return fanout_suite::run(&Question {
            name: "small",
            about: "A small question.",
            cases,
            admits: chooses,
            usual: &[],
            server,
            beside,
            seconds: 2,
        });
    }
    let tests = [
        arguments::TESTS,
        measured::TESTS,
        variables::TESTS,
        ended::TESTS,
        kept::TESTS,
        mistakes::TESTS,
        peers::TESTS,
        elsewhere::TESTS,
    ]
    .concat();
    let trial = |(name, test): &(&str, fn())| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit_code()
}

fn all_mistakes() -> Vec<Beside> {
    let beside =
        |it: &&fanout_mistakes::Mistake| Beside::Mistake { model: it.model, twin: it.twin, limited: it.limited };
    MISTAKES.iter().map(beside).collect()
}
