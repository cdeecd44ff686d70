//! Tests the flat table: it holds every sample once, with what says where the sample belongs.

use fanout_export::samples::rows;
use fanout_export::{Format, export};

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
    assert_eq!((row.planned_rounds, row.process), (Some(10), Some(1)));
    // Round 3 begins with arm 3 of 5, so that its order is 3, 4, 0, 1, 2.
    assert_eq!(row.position, Some(3));
}

#[test]
fn each_sample_says_how_its_arm_stands_against_the_best_if_it_competes() {
    let run = run(1);
    let rows = rows(&run);
    let of = |label: &str| rows.iter().find(|row| row.label == label).unwrap();
    let best = of("hyper");
    assert_eq!((best.time_against_best.as_deref(), best.time_to_best), (Some("best"), Some(1.0)));
    assert!(best.cpu_to_best_low <= best.cpu_to_best && best.cpu_to_best <= best.cpu_to_best_high);
    for row in rows.iter().filter(|row| row.role != "model" || row.failure.is_some()) {
        assert_eq!((&row.time_against_best, row.cpu_to_best), (&None, None), "{}", row.label);
    }
    // JSON says the same.
    let json: serde_json::Value = serde_json::from_slice(&export(&run, Format::Json).unwrap()).unwrap();
    let arms = json["arms"].as_array().unwrap();
    let hyper = arms.iter().find(|arm| arm["label"] == "hyper").unwrap();
    assert_eq!(hyper["time"]["against_best"], "best");
    assert_eq!((hyper["time"]["ratio"].as_f64(), hyper["rounds"].as_u64()), (Some(1.0), Some(10)));
    assert!(arms.iter().find(|arm| arm["role"] == "floor").unwrap()["time"].is_null());
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
