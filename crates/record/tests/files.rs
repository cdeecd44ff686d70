//! Tests run files on a real file system: they are kept whole, they are never overwritten, and an error says clearly
//! what is wrong.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use fanout_record::machine::Machine;
use fanout_record::read::{self, ReadError};
use fanout_record::run::Run;
use fanout_record::source::Source;
use fanout_record::store;

fn run(id: &str) -> Run {
    Run {
        id: id.into(),
        started: "2026-11-22T14:03:06Z".into(),
        invocation: "a test".into(),
        source: Source { commit: Some("0123456789abcdef".into()), ..Source::default() },
        machine: Machine::this(),
        variables: BTreeMap::new(),
        models: BTreeMap::new(),
        questions: Vec::new(),
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

#[test]
fn a_stored_run_is_read_back_as_it_was_and_is_never_overwritten() {
    let results = tempfile::tempdir().unwrap();
    let path = store::put(results.path(), &run("A")).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "20261122T140306Z-0123456789ab-A.json.zst");
    assert_eq!(read::run(&path).unwrap(), run("A"));

    let changed = Run { invocation: "another".into(), ..run("A") };
    assert_eq!(store::put(results.path(), &changed).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(read::run(&path).unwrap(), run("A"));

    store::put(results.path(), &run("B")).unwrap();
    // There are two runs, one machine, and no temporary file.
    assert_eq!(files_below(results.path()).len(), 3);
}

#[test]
fn a_run_file_that_is_missing_cut_later_or_foreign_is_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let error = |text: &str| {
        fs::write(&path, text).unwrap();
        let error = read::run(&path).unwrap_err();
        assert!(error.to_string().contains("run.json"), "{error}");
        error
    };
    assert!(matches!(read::run(&path).unwrap_err(), ReadError::Unreadable { .. }));
    let whole = serde_json::to_string(&run("A")).unwrap();
    for end in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(error(&whole[..end]), ReadError::NotARun { .. }), "{end}");
    }
    assert!(matches!(error(r#"{"schema": 1, "other": true}"#), ReadError::NotARun { .. }));
    assert!(matches!(error(r#"{"schema": 4, "id": "A"}"#), ReadError::Later { schema: 4, .. }));
}

#[test]
fn a_hundred_writers_at_once_lose_nothing() {
    let results = tempfile::tempdir().unwrap();
    std::thread::scope(|threads| {
        for i in 0..100 {
            let results = results.path();
            threads.spawn(move || store::put(results, &run(&format!("{i}"))).unwrap());
        }
    });
    assert_eq!(files_below(results.path()).len(), 101);
}

#[test]
fn every_run_that_was_ever_recorded_can_still_be_read() {
    let runs = store::runs(&fanout_record::paths::results()).unwrap();
    assert!(!runs.is_empty());
    for path in &runs {
        let run = read::run(path).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            run.questions.iter().flat_map(|question| &question.scenarios).all(|measured| !measured.arms.is_empty())
        );
    }
}
