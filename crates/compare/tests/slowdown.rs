//! Tests a build that was made slower on purpose, in worker processes over real sockets, and a program that is no
//! worker at all.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use fanout_analysis::verdict::Verdict;
use fanout_compare::comparison::one;
use fanout_compare::scenario::find;
use fanout_compare::session::Subject;
use fanout_compare::verdict::CostKind;
use fanout_harness::arm::Build;
use fanout_models::AGAIN;
use fastrand::Rng;

fn main() -> ExitCode {
    fanout_harness::enter();
    twice_the_work_is_twice_the_processor_time();
    a_program_that_is_no_worker_is_told_of_by_side();
    println!("test slowed ... ok");
    ExitCode::SUCCESS
}

fn outcome(b: &Build, budget: Duration) -> fanout_compare::comparison::PairOutcome {
    let case = find("waiting").unwrap_or_else(|error| panic!("{error}"));
    one(&Subject { model: AGAIN, case, baseline: &Build::This, candidate: b }, budget, 0.03, &mut Rng::with_seed(1))
}

fn twice_the_work_is_twice_the_processor_time() {
    let outcome = outcome(&Build::Slowed(100.0), Duration::from_secs(4));
    assert_eq!(outcome.failure, None);
    let cpu = outcome.found.iter().find(|found| found.measure == CostKind::Cpu).map(|found| found.ratio.value);
    assert!(cpu.is_some_and(|cpu| (1.5..2.6).contains(&cpu)), "{cpu:?}");
    assert!(
        outcome.verdict == Verdict::Regressed || outcome.verdict == Verdict::Inconclusive,
        "{:?}",
        outcome.verdict
    );
    assert!(outcome.rounds >= 12 && outcome.on_the_clock > Duration::ZERO, "{outcome:?}");
}

fn a_program_that_is_no_worker_is_told_of_by_side() {
    let outcome = outcome(&Build::Program(PathBuf::from("/bin/true")), Duration::from_secs(1));
    let failure = outcome.failure.unwrap_or_default();
    assert!(failure.contains("B did not start") && outcome.found.is_empty(), "{failure}");
}
