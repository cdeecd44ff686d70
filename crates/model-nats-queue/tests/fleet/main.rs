//! Tests the queue with real servers and workers: what arrives, what is lost, what is refused, and what is left.
//!
//! The tests need a `nats-server` (see `fanout_fleet::NatsServer::program`). Without one they are ignored, and the
//! reason is printed. [`cut_off`] needs network namespaces as well.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod credentials;
mod cut_off;
mod orderly;
mod poison;
mod refused;
mod workers;

use std::panic::catch_unwind;

use fanout_fleet::NatsServer;
use fanout_needs::skip;
use libtest_mimic::{Arguments, Failed, Trial, run};

fn main() {
    workers::enter();
    let arguments = Arguments::from_args();
    // Nearly all of them wait.
    let arguments = Arguments { test_threads: arguments.test_threads.or(Some(AT_ONCE)), ..arguments };
    // A test that may not be skipped runs, and fails with the same reason.
    let lacking = NatsServer::program().is_err_and(|why| skip("nats", &why).is_ok());
    let mut trials = Vec::new();
    for (name, test) in [orderly::TESTS, poison::TESTS, refused::TESTS, credentials::TESTS, cut_off::TESTS].concat() {
        let check = move || catch_unwind(test).map_err(|panic| Failed::from(said(panic.as_ref())));
        trials.push(Trial::test(name, check).with_ignored_flag(lacking));
    }
    run(&arguments, trials).exit()
}

/// How many tests run at once.
const AT_ONCE: usize = 6;

/// A test with its name.
pub(crate) type Test = (&'static str, fn());

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}
