//! The flat table: every sample once, with what says where it belongs.

use fanout_export::samples::rows;

use crate::fixture::{empty, recorded, run};

#[test]
fn every_sample_is_one_row_with_its_place() {
    let rows = rows(&run(1));
    assert_eq!(rows.len(), 32);
    let row = rows.iter().find(|row| row.label == "hyper" && row.round == 3).unwrap();
    assert_eq!((row.question.as_str(), row.parameter.as_str(), row.start.as_str()), ("server_delay", "20", "warm"));
    assert_eq!((row.role.as_str(), row.protocol.as_str(), row.server.as_str()), ("model", "keep-alive", "wiremock"));
    assert_eq!((row.wall_ns, row.user_ns, row.requests, row.delay_ns), (8_000_000, 800_000, 100, Some(20_000_000)));
    assert_eq!((row.peak_in_flight, row.connections, row.peak_memory_bytes), (Some(20), None, Some(6_000_000)));
    assert_eq!(row.planned_rounds, Some(10));
    // Round 3 begins with arm 3 of 5: 3, 4, 0, 1, 2.
    assert_eq!(row.position, Some(3));
}

#[test]
fn samples_of_an_arm_that_failed_later_are_kept_and_say_so() {
    let rows = rows(&run(1));
    let failed: Vec<_> = rows.iter().filter(|row| row.failure.is_some()).collect();
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|row| row.label == "failed-later" && row.failure.as_deref() == Some("wrong answer")));
}

#[test]
fn what_was_not_counted_is_nothing_and_not_zero() {
    let mut run = run(1);
    let arm = &mut run.questions[0].scenarios[0].arms[0];
    arm.samples[0].usage.peak_memory = 0;
    arm.samples[0].usage.threads = 0;
    arm.samples[0].server = None;
    run.questions[0].scenarios[0].order.clear();
    let first = &rows(&run)[0];
    assert_eq!((first.peak_memory_bytes, first.threads), (None, None));
    assert_eq!((first.peak_in_flight, first.connections, first.position), (None, None, None));
}

#[test]
fn recorded_runs_lose_no_sample_and_know_every_place() {
    for run in recorded() {
        let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
        let samples: Vec<u64> = scenarios
            .flat_map(|measured| &measured.arms)
            .flat_map(|arm| arm.samples.iter().map(|sample| sample.wall_ns))
            .collect();
        let rows = rows(&run);
        assert_eq!(rows.iter().map(|row| row.wall_ns).collect::<Vec<_>>(), samples);
        assert!(rows.iter().all(|row| row.position.is_some()), "{}", run.id);
    }
    assert!(rows(&empty()).is_empty());
}
