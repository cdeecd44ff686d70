//! Reading what may be anything: never a panic, never half a run, always the file's name.

use std::fs;
use std::path::Path;

use fanout_record::file::{self, ReadError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::fixture::{each_without_one_member, files_below, full, pointers, run};
use crate::read_run::read_run;

fn parse(bytes: &[u8]) -> Result<fanout_record::Run, ReadError> {
    file::parse(Path::new("some/run.json"), bytes)
}

/// What mutations start from: runs, and what is near to one.
fn corpus() -> Vec<Vec<u8>> {
    let whole = serde_json::to_string(&full()).unwrap();
    let later = whole.replacen("\"schema\":1", "\"schema\":2", 1);
    let small = serde_json::to_string(&run("A")).unwrap();
    let texts =
        ["", "null", "{}", "[]", "{\"schema\":1}", "{\"schema\":-1}", "{\"schema\":1e400}", "\u{feff}{}", "<html>"];
    let texts = texts.map(str::to_owned).into_iter().chain([whole, later, small, "[".repeat(200_000)]);
    texts.map(String::into_bytes).chain([vec![0xff, 0xfe, b'{'], vec![0; 4_096]]).collect()
}

#[test]
fn the_fuzzers_seeds_are_runs() {
    let seeds = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds"));
    assert!(!seeds.is_empty());
    for seed in seeds {
        file::read(&seed).unwrap();
        read_run(&fs::read(&seed).unwrap());
    }
}

/// Fragments that a JSON parser, or one of this schema, may stumble over.
const TOKENS: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\ud800",
    "null",
    "-0",
    "1e999",
    "18446744073709551616",
    "\"schema\":",
    "\"connections\":1,",
    "\u{0}",
];

/// One change: at a place, so many bytes removed, and these put there.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let token = (0..TOKENS.len()).prop_map(|i| TOKENS[i].as_bytes().to_vec());
    (any::<Index>(), 0_usize..8, prop_oneof![vec(any::<u8>(), 0..4), token])
}

/// The same cases every time: what CI finds, everybody finds.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn any_bytes_are_a_run_or_an_error_that_names_the_file() {
    corpus().iter().for_each(|bytes| read_run(bytes));
    let test = |bytes: Vec<u8>| {
        read_run(&bytes);
        Ok(())
    };
    runner(2_000).run(&vec(any::<u8>(), 0..200), test).unwrap();
}

#[test]
fn a_changed_run_is_a_run_or_an_error_that_names_the_file() {
    let corpus = corpus();
    let changed = (any::<Index>(), vec(change(), 1..5));
    let test = |(seed, changes): (Index, Vec<(Index, usize, Vec<u8>)>)| {
        let mut bytes = corpus[seed.index(corpus.len())].clone();
        for (at, remove, insert) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + remove).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        read_run(&bytes);
        Ok(())
    };
    runner(4_000).run(&changed, test).unwrap();
}

#[test]
fn a_run_cut_anywhere_is_an_error_that_names_the_file_and_the_place() {
    let whole = serde_json::to_vec(&full()).unwrap();
    assert_eq!(parse(&whole).unwrap(), full());
    let later = String::from_utf8(whole.clone()).unwrap().replacen("\"schema\":1", "\"schema\":2", 1).into_bytes();
    assert!(matches!(parse(&later), Err(ReadError::Later { schema: 2, .. })));
    for bytes in [whole, later] {
        for end in 0..bytes.len() {
            let error = parse(&bytes[..end]).unwrap_err();
            assert!(error.to_string().contains("some/run.json"), "{error}");
            let ReadError::NotARun { source, .. } = error else { panic!("cut at {end}: {error}") };
            // A number that is cut behind its sign or point is "invalid" to serde_json.
            let cut = source.is_eof() || source.to_string().starts_with("invalid number");
            assert!(cut && source.line() == 1 && source.column() == end, "cut at {end}: {source}");
        }
    }
}

#[test]
fn a_run_without_any_one_member_is_read_with_its_default_or_refused() {
    let whole = serde_json::to_value(full()).unwrap();
    let (mut read, mut refused) = (0, 0);
    for (without, damaged) in each_without_one_member(&whole) {
        match parse(damaged.to_string().as_bytes()) {
            Ok(run) => {
                // Nothing else is lost: what is written again differs in that member alone.
                let mut again = serde_json::to_value(run).unwrap();
                let (parent, name) = without.rsplit_once('/').unwrap();
                again.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().remove(name);
                assert_eq!(again, damaged, "without {without}");
                read += 1;
            }
            Err(error) => {
                assert!(matches!(error, ReadError::NotARun { .. }), "without {without}: {error}");
                refused += 1;
            }
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn a_file_is_bad_for_its_samples_where_it_is_bad_unless_it_is_what_is_passed_over() {
    let path = Path::new("some/run.json");
    let whole = serde_json::to_value(full()).unwrap();
    let passed_over = |pointer: &str| ["latencies", "timeline"].iter().any(|name| pointer.contains(name));
    let (mut agreed, mut passed) = (0, 0);
    for pointer in pointers(&whole) {
        for other in [json!(-1), json!([{"x": {}}]), json!("x"), json!(null)] {
            let mut damaged = whole.clone();
            *damaged.pointer_mut(&pointer).unwrap() = other;
            let bytes = damaged.to_string().into_bytes();
            let said = |error: ReadError| match error {
                ReadError::NotARun { source, .. } => source.to_string(),
                other => other.to_string(),
            };
            match (parse(&bytes).map_err(said), file::parse_samples(path, &bytes).map_err(said)) {
                (Err(_), Ok(_)) if passed_over(&pointer) => passed += 1,
                (all, samples) => {
                    assert_eq!(all.err(), samples.err(), "{pointer}: {damaged}");
                    agreed += 1;
                }
            }
        }
    }
    assert!(agreed > 200 && passed > 10, "{agreed} {passed}");
    // It has to be there, and JSON.
    let text = whole.to_string();
    for damaged in [text.replace("\"latencies\"", "\"other\""), text.replace("\"counts\":", "\"counts\"")] {
        assert!(damaged != text && file::parse_samples(path, damaged.as_bytes()).is_err(), "{damaged}");
    }
}

#[test]
fn what_is_no_text_is_an_error_that_names_the_place() {
    let whole = serde_json::to_vec(&run("A")).unwrap();
    let place = whole.windows(6).position(|bytes| bytes == b"a test").unwrap();
    let mut bytes = whole;
    bytes[place + 1] = 0xff;
    let ReadError::NotARun { source, .. } = parse(&bytes).unwrap_err() else { panic!("another error") };
    assert!(source.to_string().starts_with("invalid unicode code point at line 1"), "{source}");
}

#[test]
fn the_schema_is_found_wherever_it_stands() {
    for text in [r#"{"schema": 2}"#, r#"{"id": {"schema": 1}, "x": [1, {}], "schema": 2}"#, r#"{"\u0073chema":2}"#] {
        assert!(matches!(parse(text.as_bytes()), Err(ReadError::Later { schema: 2, known: 1, .. })), "{text}");
    }
    for text in [r#"[{"schema": 2}]"#, r#"{"x": {"schema": 2}}"#, r#"{"schema": "2"}"#, r#"{"schema": 2.5}"#] {
        assert!(matches!(parse(text.as_bytes()), Err(ReadError::NotARun { .. })), "{text}");
    }
}
