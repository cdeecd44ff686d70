//! Tests reading what may be anything: it never panics, never returns half a run, and always names the file.

use std::fs;
use std::path::Path;

use fanout_record::read::{self, ReadError};
use fanout_record::run::{Exchange, Latencies, Limits};
use fanout_record::store;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::fixture::{each_without_one_member, files_below, full, run};
use crate::read_run::read_run;

fn parse(bytes: &[u8]) -> Result<fanout_record::Run, ReadError> {
    read::parse(Path::new("some/run.json"), bytes)
}

/// Returns what mutations start from: runs, and what is nearly a run.
fn corpus() -> Vec<Vec<u8>> {
    let whole = serde_json::to_string(&full()).unwrap();
    let later = whole.replacen("\"schema\":3", "\"schema\":4", 1);
    let small = serde_json::to_string(&run("A")).unwrap();
    let texts =
        ["", "null", "{}", "[]", "{\"schema\":3}", "{\"schema\":-1}", "{\"schema\":1e400}", "\u{feff}{}", "<html>"];
    let texts = texts.map(str::to_owned).into_iter().chain([whole, later, small, "[".repeat(200_000)]);
    texts.map(String::into_bytes).chain([vec![0xff, 0xfe, b'{'], vec![0; 4_096]]).collect()
}

#[test]
fn the_fuzzers_seeds_are_runs() {
    let seeds = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds"));
    assert!(!seeds.is_empty());
    for seed in seeds {
        read::run(&seed).unwrap();
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

/// Makes one change: a place, how many bytes are removed there, and the bytes that are put there.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let token = (0..TOKENS.len()).prop_map(|i| TOKENS[i].as_bytes().to_vec());
    (any::<Index>(), 0_usize..8, prop_oneof![vec(any::<u8>(), 0..4), token])
}

/// Runs the same cases every time, so that everybody finds what CI finds.
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
    let later = String::from_utf8(whole.clone()).unwrap().replacen("\"schema\":3", "\"schema\":4", 1).into_bytes();
    assert!(matches!(parse(&later), Err(ReadError::Later { schema: 4, .. })));
    for bytes in [whole, later] {
        for end in 0..bytes.len() {
            let error = parse(&bytes[..end]).unwrap_err();
            assert!(error.to_string().contains("some/run.json"), "{error}");
            let ReadError::NotARun { source, .. } = error else { panic!("cut at {end}: {error}") };
            // serde_json calls a number that is cut behind its sign or point "invalid".
            let said = source.to_string();
            let cut = said.starts_with("it ends too early") || said.contains("invalid number");
            assert!(cut && said.contains(&format!("line 1, column {end}")), "cut at {end}: {said}");
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
                // Nothing else is lost: what is written again differs in that member only.
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

/// Returns the run compressed, as the store has it.
fn compressed(run: &fanout_record::Run) -> Vec<u8> {
    let results = tempfile::tempdir().unwrap();
    fs::read(store::put(results.path(), run).unwrap()).unwrap()
}

#[test]
fn a_compressed_run_is_read_as_it_was_and_for_its_samples_without_the_rest() {
    let bytes = compressed(&full());
    assert_eq!(parse(&bytes).unwrap(), full());
    let samples = read::parse_samples(Path::new("some/run.json"), &bytes).unwrap();
    let mut expected = full();
    let arm = &mut expected.questions[0].scenarios[0].arms[0];
    (arm.latencies, arm.timeline) = (Latencies::default(), None);
    assert_eq!(samples, expected);
}

#[test]
fn a_compressed_run_that_is_cut_or_damaged_anywhere_is_an_error_that_names_the_file() {
    let whole = compressed(&full());
    let path = Path::new("some/run.json.zst");
    for end in 0..whole.len() {
        let error = read::parse(path, &whole[..end]).unwrap_err();
        assert!(error.to_string().starts_with("some/run.json.zst is not a whole run"), "cut at {end}: {error}");
        read::parse_samples(path, &whole[..end]).unwrap_err();
    }
    // A checksum guards each frame.
    for at in 4..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        assert!(read::parse(path, &damaged).map_or(true, |run| run == full()), "changed at {at}");
    }
}

#[test]
fn a_run_of_version_1_is_read_and_written_in_this_one() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/full.json");
    let first = fs::read_to_string(seed).unwrap();
    assert!(first.starts_with("{\"schema\":1,"));
    let mut expected = full();
    // The program that wrote the file did not know these members.
    (expected.source.debug, expected.source.git) = (None, None);
    (expected.questions[0].unmeasured, expected.questions[0].stopped) = (Vec::new(), None);
    without_what_came_with_version_3(&mut expected);
    let run = parse(first.as_bytes()).unwrap();
    assert_eq!(run, expected);
    assert!(serde_json::to_string(&run).unwrap().starts_with("{\"schema\":3,"));
    assert_eq!(read::parse_samples(Path::new("run.json"), first.as_bytes()).unwrap(), run);
}

/// A new member makes this test fail until it has a default, and is named here as unknown to the program that wrote
/// the file.
#[test]
fn a_run_of_version_2_is_read() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/full.v2.json");
    let text = fs::read_to_string(seed).unwrap();
    assert!(text.starts_with("{\"schema\":2,"));
    let run = parse(text.as_bytes()).unwrap();
    let mut expected = full();
    without_what_came_with_version_3(&mut expected);
    assert_eq!(run, expected);
    assert_eq!(read::parse_samples(Path::new("run.json"), text.as_bytes()).unwrap(), run);
}

fn without_what_came_with_version_3(run: &mut fanout_record::Run) {
    run.source.allocator = None;
    let scenario = &mut run.questions[0].scenarios[0];
    (scenario.ended, scenario.disturbed) = (None, Vec::new());
    (scenario.round_trip_ns, scenario.transport) = (None, None);
    let asked = &mut scenario.scenario;
    (asked.exchange, asked.work, asked.asked) = (Exchange::Uuid, None, Vec::new());
    (asked.limits, asked.retries, asked.network) = (Limits::NONE, 0, None);
    let arm = &mut scenario.arms[0];
    (arm.twin, arm.tls, arm.workers) = (None, false, None);
    let sample = &mut arm.samples[0];
    (sample.process, sample.share) = (None, 1.0);
    let counted = sample.server.as_mut().unwrap();
    (counted.refused, counted.queued, counted.longest_queue) = (0, 0, 0);
}

#[test]
fn columns_that_differ_in_length_are_refused() {
    let whole = serde_json::to_value(full()).unwrap();
    let columns =
        ["arms/0/samples/wall_ns", "arms/0/samples/connections"].map(|it| format!("/questions/0/scenarios/0/{it}"));
    let details = ["latencies/ns", "timeline/lanes"].map(|it| format!("/details/0/{it}"));
    for pointer in columns.iter().chain(&details) {
        let mut damaged = whole.clone();
        damaged.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap().push(json!(1));
        let ReadError::NotARun { source, .. } = parse(damaged.to_string().as_bytes()).unwrap_err() else { panic!() };
        assert!(source.to_string().contains("differ in length"), "{source}");
    }
    let mut more = whole.clone();
    let one = more["details"][0].clone();
    more["details"].as_array_mut().unwrap().push(one);
    let ReadError::NotARun { source, .. } = parse(more.to_string().as_bytes()).unwrap_err() else { panic!() };
    assert!(source.to_string().contains("2 `details` for 1 arms"), "{source}");
}

#[test]
fn what_is_no_text_is_an_error_that_names_the_place() {
    let whole = serde_json::to_vec(&run("A")).unwrap();
    let place = whole.windows(6).position(|bytes| bytes == b"a test").unwrap();
    let mut bytes = whole;
    bytes[place + 1] = 0xff;
    let ReadError::NotARun { source, .. } = parse(&bytes).unwrap_err() else { panic!("another error") };
    assert!(
        source.to_string().starts_with("it is not JSON (line 1, ") && source.to_string().contains("invalid unicode"),
        "{source}"
    );
}

#[test]
fn the_schema_is_found_wherever_it_stands() {
    for text in [r#"{"schema": 4}"#, r#"{"id": {"schema": 1}, "x": [1, {}], "schema": 4}"#, r#"{"\u0073chema":4}"#] {
        assert!(matches!(parse(text.as_bytes()), Err(ReadError::Later { schema: 4, known: 3, .. })), "{text}");
    }
    for text in [r#"[{"schema": 4}]"#, r#"{"x": {"schema": 4}}"#, r#"{"schema": "4"}"#, r#"{"schema": 4.5}"#] {
        assert!(matches!(parse(text.as_bytes()), Err(ReadError::NotARun { .. })), "{text}");
    }
}
