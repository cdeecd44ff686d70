//! Tests github-action-benchmark and Bencher against what they publish about their formats, and against known
//! figures.

use fanout_export::{ExportError, Format, export};
use fanout_record::Run;
use fanout_record::run::Role;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, arm, asked, empty, labelled, recorded, run};

const GITHUB_ACTION_BENCHMARK: &str = include_str!("../schemas/github-action-benchmark.json");
const BENCHER: &str = include_str!("../schemas/bencher.json");

fn exported(run: &Run, format: Format) -> Value {
    serde_json::from_slice(&export(run, format).unwrap()).unwrap()
}

pub(crate) fn violations(schema: &str, value: &Value) -> Vec<String> {
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    schema.iter_errors(value).map(|error| error.to_string()).collect()
}

#[test]
fn every_run_is_valid_in_both_formats() {
    for run in recorded().into_iter().chain([run(1), empty(), labelled(&HOSTILE)]) {
        for (format, schema) in [(Format::GithubActionBenchmark, GITHUB_ACTION_BENCHMARK), (Format::Bencher, BENCHER)]
        {
            assert_eq!(violations(schema, &exported(&run, format)), [""; 0], "{} as {format:?}", run.id);
        }
    }
}

#[test]
fn the_schemas_refuse_what_is_not_of_their_format() {
    let nameless = json!([{"unit": "ms", "value": 1}]);
    let textual = json!([{"name": "a", "unit": "ms", "value": "1"}]);
    assert_ne!(violations(GITHUB_ACTION_BENCHMARK, &nameless), [""; 0]);
    assert_ne!(violations(GITHUB_ACTION_BENCHMARK, &textual), [""; 0]);
    assert_ne!(violations(BENCHER, &json!({"a": {"latency": {"lower_value": 1}}})), [""; 0]);
    assert_ne!(violations(BENCHER, &json!({"a": {"latency": {"value": null}}})), [""; 0]);
}

#[test]
fn github_action_benchmark_gets_medians_and_ratios_with_their_intervals() {
    let entries = exported(&run(1), Format::GithubActionBenchmark);
    let shown = |entry: &Value| {
        (entry["name"].clone(), entry["unit"].clone(), entry["value"].clone(), entry["range"].clone())
    };
    let entries: Vec<_> = entries.as_array().unwrap().iter().map(shown).collect();
    let expected = [
        (json!("server_delay/floor/20"), json!("ms"), json!(5.5), json!("2.000 .. 9.000")),
        (json!("server_delay/hyper/20"), json!("ms"), json!(11.0), json!("4.000 .. 18.000")),
    ];
    assert_eq!(entries[..2], expected);
    let (name, unit, ratio, range) = &entries[2];
    assert_eq!(
        (name, unit, range),
        (&json!("server_delay/hyper/20 x floor"), &json!("x floor"), &json!("2.000 .. 2.000"))
    );
    assert!((ratio.as_f64().unwrap() - 2.0).abs() < 1e-12);
    assert_eq!(entries.len(), 3);
}

#[test]
fn bencher_gets_four_measures_and_their_intervals() {
    let benchmarks = exported(&run(1), Format::Bencher);
    let hyper = &benchmarks["server_delay/hyper/20"];
    assert_eq!(hyper["latency"], json!({"value": 11e6, "lower_value": 4e6, "upper_value": 18e6}));
    assert_eq!(hyper["cpu-per-request"], json!({"value": 11e3, "lower_value": 4e3, "upper_value": 18e3}));
    assert_eq!(hyper["peak-memory"], json!({"value": 6e6}));
    assert!((hyper["ratio-to-floor"]["value"].as_f64().unwrap() - 2.0).abs() < 1e-12);
    // The floor is no multiple of itself. Arms that failed and the A/A arm cannot be followed.
    assert_eq!(benchmarks["server_delay/floor/20"].as_object().unwrap().len(), 3);
    assert_eq!(benchmarks.as_object().unwrap().len(), 2);
}

#[test]
fn a_mistake_is_not_followed() {
    let arms = vec![
        arm("floor", Role::Floor, 1_000_000, 10),
        arm("hyper", Role::Model, 2_000_000, 10),
        arm("mistake-no-limit", Role::Mistake, 9_000_000, 10),
    ];
    let benchmarks = exported(&asked("mistakes", "", arms), Format::Bencher);
    let names: Vec<&String> = benchmarks.as_object().unwrap().keys().collect();
    assert_eq!(names, ["mistakes/floor", "mistakes/hyper"]);
}

#[test]
fn too_few_rounds_have_a_value_and_no_interval() {
    let few = asked("notebook", "", vec![arm("hyper", Role::Model, 2_000_000, 3)]);
    let entry = &exported(&few, Format::GithubActionBenchmark)[0];
    assert_eq!((&entry["value"], entry.get("range")), (&json!(4.0), None));
    let hyper = &exported(&few, Format::Bencher)["notebook/hyper"];
    assert_eq!(hyper["latency"], json!({"value": 4e6}));
    assert_eq!(hyper.get("ratio-to-floor"), None);
}

#[test]
fn figures_that_do_not_exist_are_left_out() {
    let mut run = run(1);
    let measured = &mut run.questions[0].scenarios[0];
    measured.scenario.requests = 0;
    measured.arms[0].samples[0].wall_ns = 0;
    measured.arms[1].samples[0].usage.peak_memory = 0;
    let benchmarks = exported(&run, Format::Bencher);
    let measures: Vec<&String> = benchmarks["server_delay/hyper/20"].as_object().unwrap().keys().collect();
    assert_eq!(measures, ["latency"]);
}

#[test]
fn a_name_that_two_benchmarks_have_is_refused_where_names_are_all_there_is() {
    let twice = labelled(&["hyper", "hyper"]);
    for format in [Format::Critcmp, Format::GithubActionBenchmark, Format::Bencher] {
        let error = export(&twice, format).unwrap_err();
        assert!(matches!(&error, ExportError::SameName { name } if name == "notebook/hyper"), "{error}");
    }
    for format in [Format::Csv, Format::Parquet] {
        export(&twice, format).unwrap();
    }
}
