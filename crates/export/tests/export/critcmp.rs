//! Tests critcmp's baseline: the figures, and what critcmp itself makes of two baselines.

use std::process::Command;

use fanout_export::{Format, export};
use fanout_needs::skip;
use fanout_record::Run;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, empty, labelled, run};

fn baseline(run: &Run) -> Value {
    serde_json::from_slice(&export(run, Format::Critcmp).unwrap()).unwrap()
}

#[test]
fn the_estimates_are_those_of_the_samples_and_claim_no_interval_that_nobody_computed() {
    let baseline = baseline(&run(1));
    assert_eq!(baseline["name"], "20261123T043111Z-fcfd28df498b");
    let names: Vec<&String> = baseline["benchmarks"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["server_delay/floor/20", "server_delay/hyper/20"]);

    let hyper = &baseline["benchmarks"]["server_delay/hyper/20"];
    assert_eq!(hyper["baseline"], baseline["name"]);
    assert_eq!(hyper["fullname"], "20261123T043111Z-fcfd28df498b/server_delay/hyper/20");
    let info = &hyper["criterion_benchmark_v1"];
    assert_eq!([&info["group_id"], &info["function_id"], &info["value_str"]], ["server_delay", "hyper", "20"]);
    assert_eq!(info["throughput"], json!({"Elements": 100}));

    // NumPy 2 gives these for 2, 4, ... 20 ms: mean, median, std(ddof=1), and 1.4826 times the median of |x - 11|.
    let estimates = &hyper["criterion_estimates_v1"];
    let point = |name: &str| estimates[name]["point_estimate"].as_f64().unwrap();
    let near =
        |name: &str, expected: f64| assert!((point(name) / expected - 1.0).abs() < 1e-9, "{name}: {}", point(name));
    near("mean", 11e6);
    near("median", 11e6);
    near("std_dev", 6_055_300.708_194_983);
    near("median_abs_dev", 7_413_000.0);
    let error = estimates["mean"]["standard_error"].as_f64().unwrap();
    assert!((error / 1_914_854.215_512_676 - 1.0).abs() < 1e-9, "{error}");
    // The interval is x(2) .. x(9) of ten values.
    let interval = json!({"confidence_level": 0.95, "lower_bound": 4e6, "upper_bound": 18e6});
    assert_eq!(estimates["median"]["confidence_interval"], interval);
    assert_eq!(estimates["mean"]["confidence_interval"]["confidence_level"], 0.0);
}

#[test]
fn a_scenario_without_a_parameter_is_named_as_criterion_names_it() {
    let info = &baseline(&labelled(&["hyper"]))["benchmarks"]["notebook/hyper"]["criterion_benchmark_v1"];
    assert_eq!([&info["function_id"], &info["value_str"]], [&Value::Null, &json!("hyper")]);
}

#[test]
fn a_single_sample_has_no_spread_and_an_empty_run_no_benchmark() {
    let mut one = run(1);
    one.questions[0].scenarios[0].arms.iter_mut().for_each(|arm| arm.samples.truncate(1));
    let estimates = &baseline(&one)["benchmarks"]["server_delay/hyper/20"]["criterion_estimates_v1"];
    assert_eq!(estimates["std_dev"]["point_estimate"], 0.0);
    assert_eq!(baseline(&empty())["benchmarks"], json!({}));
}

/// Returns what critcmp prints about these runs; `None` if it is not installed.
fn critcmp(runs: &[&Run], options: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut critcmp = Command::new("critcmp");
    for (number, run) in runs.iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(&path, export(run, Format::Critcmp).unwrap()).unwrap();
        critcmp.arg(path);
    }
    match critcmp.args(options).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            skip("critcmp", &format!("{error}; cargo install critcmp, and have it on the path")).unwrap();
            None
        }
    }
}

#[test]
fn critcmp_compares_two_runs_of_one_commit() {
    let before = run(1);
    let after = Run { started: "2026-11-24T04:31:11Z".into(), id: "B".into(), ..run(3) };
    let Some(printed) = critcmp(&[&before, &after], &[]) else { return };
    let header = printed.lines().next().unwrap();
    let (first, second) =
        (header.find("20261123T043111Z-fcfd28df498b"), header.find("20261124T043111Z-fcfd28df498b"));
    assert!(first.unwrap() < second.unwrap(), "{printed}");
    let words = |benchmark: &str| -> Vec<String> {
        let line = printed.lines().find(|line| line.starts_with(benchmark)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    // The means are those of 2, 4, ... 20 ms and of three times that, with 100 requests each.
    let before = ["server_delay/hyper/20", "1.00", "11.0±6.06ms", "8.9", "KElem/sec"];
    let after = ["3.00", "33.0±18.17ms", "3.0", "KElem/sec"];
    assert_eq!(words("server_delay/hyper/20"), [&before[..], &after].concat());
    assert!(!printed.contains("again") && !printed.contains("failed"), "{printed}");
}

#[test]
fn critcmp_reads_hostile_labels() {
    let Some(printed) = critcmp(&[&labelled(&HOSTILE)], &["--list"]) else { return };
    // A tab is critcmp's own separator.
    let mut labels = HOSTILE.iter().filter(|label| !label.contains('\t'));
    assert!(labels.all(|label| printed.contains(&format!("notebook/{label}\n"))), "{printed}");
}
