//! Tests what DuckDB and pyarrow read from CSV and Parquet.

use std::path::Path;
use std::process::{Command, Stdio};

use fanout_analysis::history::CommitLinks;
use fanout_export::samples::rows;
use fanout_export::{Format, export, history};
use fanout_needs::{interpreter, skip};
use serde_json::{Value, json};

use crate::fixture::{self, HOSTILE, empty, labelled, recorded, run, stepped};

/// Returns what a reader says about a table in a format: how many columns it has, and what is in those that are
/// `looked_at`. It is `None` if Python does not have the reader.
fn read(reader: &str, table: &[u8], format: Format, looked_at: &[&str]) -> Option<(usize, Value)> {
    let interpreter = interpreter();
    let import = Command::new(&interpreter).args(["-c", &format!("import {reader}")]).stderr(Stdio::null()).status();
    if !import.is_ok_and(|status| status.success()) {
        let why = format!("{interpreter} cannot import it; pip install {reader}, and name it with FANOUT_PYTHON");
        skip(reader, &why).unwrap();
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), table).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/read.py");
    let kind = if format == Format::Csv { "csv" } else { "parquet" };
    let mut command = Command::new(&interpreter);
    let output = command.arg(script).args([reader, kind]).arg(file.path()).args(looked_at).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    Some((said["columns"].as_array().unwrap().len(), said["rows"].clone()))
}

/// Returns a text as the format has it: CSV disarms a formula.
fn text(text: &str, format: Format) -> String {
    let formula = format == Format::Csv && text.starts_with(['=', '@', '\t']);
    if formula { format!("'{text}") } else { text.into() }
}

/// Returns how many columns the first line of CSV names. `csv.rs` and `history.rs` test which these are.
fn columns(csv: &[u8]) -> usize {
    std::str::from_utf8(csv).unwrap().lines().next().unwrap().split(',').count()
}

fn reads_every_run(reader: &str, format: Format) {
    let looked_at = ["wall_ns", "connections", "failure", "label"];
    for run in recorded().into_iter().chain([run(1), empty(), labelled(&HOSTILE)]) {
        let Some(said) = read(reader, &export(&run, format).unwrap(), format, &looked_at) else { return };
        let rows = rows(&run).into_iter();
        let rows = rows.map(|row| json!([row.wall_ns, row.connections, row.failure, text(&row.label, format)]));
        assert_eq!(said, (columns(&export(&run, Format::Csv).unwrap()), rows.collect()), "{}", run.id);
    }
}

fn reads_a_history(reader: &str, format: Format) {
    let looked_at = ["commit", "toolchain", "label", "role", "x_floor", "x_floor_low", "changed", "change_percent"];
    let mut runs = stepped();
    runs.iter_mut().for_each(|run| run.source.rustc = Some(HOSTILE[3].into()));
    runs[1].source.commit = None;
    runs[2].questions[0].scenarios[0].arms.iter_mut().for_each(|arm| arm.samples.truncate(3));
    let history = fixture::history(&runs, &[]);
    let table = history::writer(format).unwrap()(&history, &CommitLinks::default()).unwrap();
    let Some(said) = read(reader, &table, format, &looked_at) else { return };
    // CSV has the shortest decimals that stand for this number in single precision.
    let number =
        |value: f32| if format == Format::Csv { value.to_string().parse().unwrap() } else { f64::from(value) };
    let row = |row: history::points::PointRow| {
        let (value, low) = (number(row.x_floor), row.x_floor_low.map(number));
        let toolchain = text(&row.toolchain, format);
        json!([row.commit, toolchain, row.label, row.role, value, low, row.changed, row.change_percent])
    };
    let rows: Vec<Value> = history::points::rows(&history).map(row).collect();
    assert_eq!(rows.len(), 80);
    // The rows are parsed as the other side was, because serde_json may round a fraction's last bit.
    let rows: Value = serde_json::from_str(&json!(rows).to_string()).unwrap();
    let csv = history::writer(Format::Csv).unwrap()(&history, &CommitLinks::default()).unwrap();
    assert_eq!(said, (columns(&csv), rows));
}

#[test]
fn duckdb_reads_parquet() {
    reads_every_run("duckdb", Format::Parquet);
    reads_a_history("duckdb", Format::Parquet);
}

#[test]
fn duckdb_reads_csv() {
    reads_every_run("duckdb", Format::Csv);
    reads_a_history("duckdb", Format::Csv);
}

#[test]
fn pyarrow_reads_parquet() {
    reads_every_run("pyarrow", Format::Parquet);
    reads_a_history("pyarrow", Format::Parquet);
}
