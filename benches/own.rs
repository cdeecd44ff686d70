//! Which model for your own requests? `FANOUT_REQUESTS` names a file with them (docs/requests.md): a list of URLs, or
//! requests with methods, headers, bodies and what their answers must hold.
//!
//! The answer looks like: the models in the order of their times, with ratios to the best. There is no floor, because
//! the floor does not read every server's answers. All models ask the same servers in shuffled rounds, so that what
//! the servers and the network do at one time affects all of them alike. The bench does not show which model is best
//! if the servers are the limit: a server that takes no more requests at once makes all models alike. Requests that
//! are not for this machine are counted before the first one is sent, and have a budget.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_record::run::Exchange;
use fanout_suite::question::{Answers, Question};
use fanout_suite::taking_part::chooses;

fn main() -> ExitCode {
    fanout_suite::run(&Question {
        name: "own",
        about: "Which model for the user's own requests?",
        cases,
        admits: chooses,
        usual: &[],
        server: Answers::Own,
        beside: Vec::new,
        seconds: 60,
    })
}

fn cases(profile: Profile) -> Vec<Case> {
    let limits: &[_] = match profile {
        Profile::Quick => &[("20", 20)],
        Profile::Default => &[("4", 4), ("20", 20)],
        Profile::Full => &[("1", 1), ("4", 4), ("20", 20), ("64", 64)],
    };
    let case = |(parameter, limit)| {
        let concurrency = NonZeroUsize::new(limit);
        Case { concurrency, exchange: Exchange::Own, parameter, ..Case::WARM }
    };
    limits.iter().copied().map(case).collect()
}
