//! Criterion's own arguments do what they do elsewhere, and nothing runs in vain.

use crate::fixture::{Bench, beside_control_arms, files, labels};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("list_names_every_benchmark_and_starts_nothing", list_names_every_benchmark_and_starts_nothing),
    ("test_mode_runs_the_filtered_models_once_and_keeps_nothing", test_mode_runs_the_filtered_once),
    ("a_filter_measures_what_it_names_and_the_floor", a_filter_measures_what_it_names_and_the_floor),
    ("baselines_are_saved_compared_and_loaded", baselines_are_saved_compared_and_loaded),
    ("profile_time_runs_live", profile_time_runs_live),
];

fn list_names_every_benchmark_and_starts_nothing() {
    let bench = Bench::new("two");
    let ended = bench.run(&["--bench", "--list"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for name in ["small/floor/0", "small/thread-pool/3", "small/tokio-current-thread-again/3"] {
        assert!(ended.out.contains(&format!("{name}: benchmark")), "{}", ended.out);
    }
    assert!(!ended.out.contains("sequential"), "{}", ended.out);
    let ended = bench.run(&["--bench", "--list", "rayon"], &[]);
    assert!(ended.out.contains("small/rayon/0") && !ended.out.contains("thread-pool"), "{}", ended.out);
    assert_eq!(files(bench.target.path()), 0);
}

fn test_mode_runs_the_filtered_once() {
    for mode in [&["--bench", "--test", "small/rayon"][..], &["small/rayon"]] {
        let bench = Bench::new("two");
        let ended = bench.run(mode, &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(ended.out.matches("Success").count(), 2, "{}", ended.out);
        assert!(!bench.run_file().exists());
    }
}

fn a_filter_measures_what_it_names_and_the_floor() {
    let bench = Bench::new("two");
    let ended = bench.measure(&["small/rayon/3"]);
    assert!(!ended.out.contains("small/floor"), "Criterion was told of more than the filter names: {}", ended.out);
    let run = bench.last_run();
    let [measured] = run.questions[0].scenarios.as_slice() else { panic!("one scenario was asked for") };
    assert_eq!(labels(&measured.arms), beside_control_arms(&["rayon"]));

    let bench = Bench::new("two");
    let ended = bench.measure(&["no-such-thing"]);
    assert!(!bench.run_file().exists(), "{}", ended.out);
}

fn baselines_are_saved_compared_and_loaded() {
    let bench = Bench::new("one");
    bench.measure(&["--save-baseline", "main", "small/rayon"]);
    assert!(bench.criterion().join("small/rayon/main/estimates.json").is_file());
    let ended = bench.measure(&["--baseline", "main", "small/rayon"]);
    assert!(ended.out.contains("change:"), "{}", ended.out);
    std::fs::remove_file(bench.run_file()).unwrap();
    let ended = bench.run(&["--bench", "--noplot", "--baseline", "no-such", "small/rayon"], &[]);
    assert!(ended.code != Some(0) && ended.err.contains("no-such"), "{}", ended.err);
    assert_eq!(bench.last_run().questions.len(), 1, "what was measured is lost with the baseline");
    std::fs::remove_file(bench.run_file()).unwrap();
    let ended = bench.measure(&["--load-baseline", "main", "--baseline", "main", "small/rayon"]);
    assert!(ended.out.contains("change:"), "{}", ended.out);
    assert!(!bench.run_file().exists(), "a loaded baseline was measured again");
}

fn profile_time_runs_live() {
    let bench = Bench::new("one");
    let ended = bench.run(&["--bench", "--profile-time", "1", "--exact", "small/rayon"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(!bench.run_file().exists());
}
