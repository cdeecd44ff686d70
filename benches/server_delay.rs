//! Which model when the server is slow, and which when it is fast: 100 requests, 20 in flight, delays of 0 to 20 ms.
//!
//! The answer looks like: the longer the wait, the closer every right model comes to the floor, and to the others. At
//! 0 ms it can't tell much by wall time, which then measures how fast this machine wakes an idle core: compare CPU per
//! request there. `sequential` has one in flight by its nature, and is not asked.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use fanout_benches::question::{Case, Question};
use fanout_harness::config::Profile;
use fanout_model::{Concurrency, Model};
use fanout_record::run::Start;

fn main() -> ExitCode {
    fanout_benches::run(&Question { name: "server_delay", cases, admits, beside: Vec::new })
}

fn admits(model: &dyn Model) -> bool {
    model.concurrency() != Concurrency::One
}

fn cases(profile: Profile) -> Vec<Case> {
    let rounds = match profile {
        Profile::Quick => 10,
        Profile::Default => 60,
        Profile::Full => 300,
    };
    let concurrency = NonZeroUsize::new(20);
    let case = |parameter, milliseconds| {
        let delay = Duration::from_millis(milliseconds);
        Case { requests: 100, concurrency, delay, start: Start::Warm, rounds, parameter }
    };
    vec![case("0", 0), case("1", 1), case("5", 5), case("10", 10), case("20", 20)]
}
