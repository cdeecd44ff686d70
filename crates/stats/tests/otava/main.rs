//! Our change points are those of apache-otava: on recorded series, with its answers kept beside them, and on made
//! ones.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};

use fanout_needs::{interpreter, skip};
use fanout_stats::change_points;
use fastrand::Rng;
use serde_json::{Value, json};

/// What is asked of every series: a window and a largest p-value. Otava's own, ours, and two that find a lot.
const ASKED: [(usize, f64); 4] = [(50, 0.001), (50, 1e-5), (30, 0.01), (30, 0.2)];

/// The series, where they are from, and what otava found.
fn recorded() -> Value {
    serde_json::from_str(include_str!("series.json")).unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Noise of a few kinds about a level that changes now and then.
fn made(rng: &mut Rng) -> Vec<f64> {
    let (mut level, skewed, whole) = (rng.f64(), rng.bool(), rng.u8(..4) == 0);
    let length = rng.usize(1..300);
    let change = rng.f64() * 0.1;
    let point = |_| {
        if rng.f64() < change {
            level += rng.f64() * 8.0 - 4.0;
        }
        let noise = if skewed { -(1.0 - rng.f64()).ln() } else { rng.f64() + rng.f64() + rng.f64() };
        let value = level + noise;
        if whole { value.round() } else { value }
    };
    (0..length).map(point).collect()
}

fn ours(series: &[f64]) -> Value {
    let found = |(window, max_p)| -> Vec<usize> {
        change_points(series, window, max_p).unwrap().iter().map(|point| point.index).collect()
    };
    ASKED.into_iter().map(found).collect()
}

/// What otava finds in each; `None` where Python does not have it.
fn otava(series: &[Vec<f64>]) -> Option<Value> {
    let interpreter = interpreter();
    let import = Command::new(&interpreter).args(["-c", "import otava.analysis"]).stderr(Stdio::null()).status();
    if !import.is_ok_and(|status| status.success()) {
        let how = format!("{interpreter} cannot import it; pip install apache-otava, and name it with FANOUT_PYTHON");
        skip("otava", &how).unwrap();
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/otava/ask.py");
    let mut program =
        Command::new(&interpreter).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let given = json!({ "asked": ASKED, "series": series }).to_string();
    program.stdin.take().unwrap().write_all(given.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn on_recorded_series_the_answers_are_the_ones_that_otava_gave() {
    let recorded = recorded();
    assert_eq!(recorded["asked"], json!(ASKED));
    for series in recorded["series"].as_array().unwrap() {
        assert_eq!(ours(&numbers(&series["values"])), series["found"], "{}", series["name"]);
    }
}

#[test]
fn on_recorded_series_otava_gives_the_answers_that_are_kept() {
    let recorded = recorded();
    let series = recorded["series"].as_array().unwrap();
    let values: Vec<Vec<f64>> = series.iter().map(|series| numbers(&series["values"])).collect();
    let Some(said) = otava(&values) else { return };
    for (said, series) in said["found"].as_array().unwrap().iter().zip(series) {
        assert_eq!(said, &series["found"], "{} with otava {}", series["name"], recorded["version"]);
    }
}

#[test]
fn on_series_made_at_random_the_answers_are_those_of_otava() {
    let mut rng = Rng::with_seed(1);
    let series: Vec<Vec<f64>> = (0..100).map(|_| made(&mut rng)).collect();
    let Some(said) = otava(&series) else { return };
    for (series, said) in series.iter().zip(said["found"].as_array().unwrap()) {
        assert_eq!(&ours(series), said, "{series:?}");
    }
}
