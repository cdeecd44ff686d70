//! CSV and Parquet, read by DuckDB and by pyarrow.

use std::path::Path;
use std::process::{Command, Stdio};

use fanout_export::samples::{Row, rows};
use fanout_export::{Format, export};
use fanout_peers::{interpreter, skip};
use fanout_record::Run;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, empty, labelled, recorded, run};

/// What a reader says of a run in a format; `None` where Python does not have it.
fn read(reader: &str, run: &Run, format: Format) -> Option<Value> {
    let interpreter = interpreter();
    let import = Command::new(&interpreter).args(["-c", &format!("import {reader}")]).stderr(Stdio::null()).status();
    if !import.is_ok_and(|status| status.success()) {
        let why = format!("{interpreter} cannot import it; pip install {reader}, and name it with FANOUT_PYTHON");
        skip(reader, &why).unwrap();
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), export(run, format).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/read.py");
    let kind = if format == Format::Csv { "csv" } else { "parquet" };
    let output = Command::new(&interpreter).arg(script).args([reader, kind]).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What a reader should say of these rows.
fn expected(rows: &[Row]) -> Value {
    let mut labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    json!({
        "rows": rows.len(),
        "columns": 30,
        "wall_ns": rows.iter().map(|row| row.wall_ns).sum::<u64>(),
        "connections_unknown": rows.iter().filter(|row| row.connections.is_none()).count(),
        "failed": rows.iter().filter(|row| row.failure.is_some()).count(),
        "labels": labels,
    })
}

fn reads_every_run(reader: &str, format: Format) {
    for run in recorded().into_iter().chain([run(1), empty(), labelled(&HOSTILE)]) {
        let Some(said) = read(reader, &run, format) else { return };
        let mut rows = rows(&run);
        // The labels of `HOSTILE` that CSV disarms.
        let formula = |row: &&mut Row| format == Format::Csv && row.label.starts_with(['=', '@', '\t']);
        rows.iter_mut().filter(formula).for_each(|row| row.label.insert(0, '\''));
        assert_eq!(said, expected(&rows), "{}", run.id);
    }
}

#[test]
fn duckdb_reads_parquet() {
    reads_every_run("duckdb", Format::Parquet);
}

#[test]
fn duckdb_reads_csv() {
    reads_every_run("duckdb", Format::Csv);
}

#[test]
fn pyarrow_reads_parquet() {
    reads_every_run("pyarrow", Format::Parquet);
}
