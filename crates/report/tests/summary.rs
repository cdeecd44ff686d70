//! The summary of a run for a terminal: how long, how wide, and what it says.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use fanout_models::describe;
use fanout_record::paths::results;
use fanout_record::{Run, read};
use fanout_report::summary;

/// A run of a whole bench. No later run takes its place.
fn whole() -> Run {
    let name = "runs/7d1eb599e1f6/2026/20261123T063553Z-1ca128c5833f-01M83HX7SBY01MN0RDY5DXN285.json";
    read::run(&results().join(name)).unwrap()
}

#[test]
fn the_summary_of_a_whole_bench_is_as_in_its_snapshots() {
    let run = whole();
    for width in [60, 100, 200] {
        let summary = summary::of(&run, describe, width);
        assert!(summary.lines().count() <= 20, "the paths need four more: {summary}");
        assert!(summary.lines().all(|line| line.chars().count() <= width), "{summary}");
        insta::assert_snapshot!(format!("summary_{width}"), summary);
    }
}

#[test]
fn more_questions_than_fit_are_counted() {
    let mut run = whole();
    let more: Vec<_> =
        (0..12).map(|i| fanout_record::run::Question { name: format!("q{i}"), ..run.questions[0].clone() }).collect();
    run.questions.extend(more);
    let summary = summary::of(&run, describe, 100);
    assert!(summary.lines().count() <= 22 && summary.contains("and 9 questions"), "{summary}");
}

#[test]
fn a_run_without_an_answer_names_nobody() {
    let mut run = whole();
    for arm in run.questions.iter_mut().flat_map(|it| &mut it.scenarios).flat_map(|it| &mut it.arms) {
        arm.samples.truncate(1);
    }
    let told = summary::of(&run, describe, 100);
    assert!(told.contains("fastest   not known") && told.contains("it is not known who is fastest"), "{told}");
    run.questions.clear();
    assert_eq!(summary::of(&run, describe, 100), "");
}
