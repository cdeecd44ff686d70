//! Tests the published schemas: what is written is valid, what is described is written, and what they refuse is not
//! read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fanout_record::price::Prices;
use fanout_record::run::Exchange;
use fanout_record::store::annotation::Annotation;
use fanout_record::{Run, last, read, store};
use jsonschema::Validator;
use serde::Serialize;
use serde_json::{Value, json};

use crate::children;
use crate::fixture::{annotation, each_without_one_member, full, machine, pointers, prices, results, run};

fn published(name: &str) -> Value {
    let path = results().join("schema").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn run_schema() -> Validator {
    jsonschema::validator_for(&published("run.v3.schema.json")).unwrap()
}

/// Returns the schema of version 1. Its files in the store are not compressed, and no program writes it any more.
fn first_run_schema() -> Validator {
    jsonschema::validator_for(&published("run.v1.schema.json")).unwrap()
}

fn annotation_schema() -> Validator {
    jsonschema::validator_for(&published("annotation.v1.schema.json")).unwrap()
}

fn price_schema() -> Validator {
    jsonschema::validator_for(&published("price.v1.schema.json")).unwrap()
}

/// Returns the schema of a machine's file, which is described where the machine of a run is.
fn machine_schema() -> Validator {
    let mut schema = published("run.v3.schema.json");
    let machine = schema["$defs"]["machine"].clone();
    for (name, value) in machine.as_object().unwrap() {
        schema[name] = value.clone();
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn violations(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn json_of(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap();
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let json = if is_compressed { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
    serde_json::from_slice(&json).unwrap()
}

fn read(value: &Value) -> Option<Run> {
    read::parse(Path::new("run.json"), value.to_string().as_bytes()).ok()
}

fn read_annotation(value: &Value) -> Option<Annotation> {
    in_a_file(value, |path| read::annotation(path).ok())
}

fn read_prices(value: &Value) -> Option<Prices> {
    in_a_file(value, |path| read::prices(path).ok())
}

/// Returns what `read` makes of a file with this value.
fn in_a_file<T>(value: &Value, read: impl Fn(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.json");
    fs::write(&path, value.to_string()).unwrap();
    read(&path)
}

#[test]
fn everything_that_was_ever_recorded_is_valid() {
    let store = store::load(&results());
    assert_eq!(store.bad, []);
    assert!(!store.runs.is_empty() && !store.machines.is_empty());
    let [run, first_run] = [run_schema(), first_run_schema()];
    let [annotation, machine] = [annotation_schema(), machine_schema()];
    let schema = |path: &Path| if json_of(path)["schema"] == 1 { &first_run } else { &run };
    let runs = store.runs.iter().map(|(path, _)| (path, schema(path)));
    let annotations = store.annotations.iter().map(|(path, _)| (path, &annotation));
    let machines = store.machines.iter().map(|(path, _)| (path, &machine));
    let (prices, bad) = store::prices(&results());
    assert_eq!(bad, []);
    let price = price_schema();
    let prices = prices.iter().map(|(path, _)| (path, &price));
    for (path, schema) in runs.chain(annotations).chain(machines).chain(prices) {
        assert_eq!(violations(schema, &json_of(path)), [""; 0], "{}", path.display());
    }
}

#[test]
fn what_is_written_is_valid_from_nothing_measured_to_every_member() {
    let folder = tempfile::tempdir().unwrap();
    for run in [full(), run("01M83ARPHYSBBJVA28E97EQHH3")] {
        let path = store::put(folder.path(), &run).unwrap();
        assert_eq!(violations(&run_schema(), &json_of(&path)), [""; 0]);
        assert_eq!(read::run(&path).unwrap(), run);
    }
    for annotation in [annotation(), Annotation::new("0123456", "a reason", "somebody")] {
        let path = store::annotate(folder.path(), &annotation).unwrap();
        assert_eq!(violations(&annotation_schema(), &json_of(&path)), [""; 0]);
    }
    let nothing_yet = Prices { stopped: None, models: Vec::new(), order: Vec::new(), ..prices() };
    for (id, prices) in [("A", prices()), ("B", nothing_yet)] {
        let path = store::put_prices(folder.path(), &Prices { id: id.into(), ..prices.clone() }).unwrap();
        assert_eq!(violations(&price_schema(), &json_of(&path)), [""; 0]);
        assert_eq!(read::prices(&path).unwrap().models, prices.models);
    }
    assert_eq!(violations(&machine_schema(), &json(&machine())), [""; 0]);
    assert_ne!(violations(&machine_schema(), &json!({"system": "linux"})), [""; 0]);
}

#[test]
fn the_run_at_hand_is_valid_as_the_benches_write_it() {
    let target = tempfile::tempdir().unwrap();
    let child = children::add_to_last_run(target.path());
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let path = target.path().join("fanout/last-run.json");
    assert_eq!(violations(&run_schema(), &json_of(&path)), [""; 0]);
    assert_eq!(read::run(&path).unwrap().questions, full().questions);
}

/// Does what the benches do. It runs in a target folder of its own, because this program's holds somebody's last run.
pub(crate) fn add() {
    let question = full().questions.remove(0);
    last::keep(&last::with(question, BTreeMap::new(), fanout_record::source::Source::this())).unwrap();
}

#[test]
fn what_is_described_is_written_and_says_what_it_is() {
    // A scenario either downloads or uploads.
    let mut uploads = full();
    uploads.questions[0].scenarios[0].scenario.exchange = Exchange::Upload { bytes: 1 };
    for (schema, written) in [
        (published("run.v3.schema.json"), vec![json(&full()), json(&uploads)]),
        (published("annotation.v1.schema.json"), vec![json(&annotation())]),
        (published("price.v1.schema.json"), vec![json(&prices())]),
    ] {
        let written: Vec<String> = written.iter().flat_map(pointers).collect();
        for pointer in pointers(&schema).iter().filter(|pointer| is_member(pointer)) {
            let member = schema.pointer(pointer).unwrap();
            assert!(member["description"].as_str().is_some_and(|text| text.ends_with('.')), "{pointer}");
            let name = pointer.rsplit('/').next().unwrap();
            let gone = member["deprecated"] == true;
            assert!(gone || written.iter().any(|it| it.ends_with(&format!("/{name}"))), "{pointer} is not written");
        }
    }
}

/// Returns whether this is a member of what a schema describes, and not one of its conditions.
fn is_member(pointer: &str) -> bool {
    let words: Vec<&str> = pointer.split('/').collect();
    !words.contains(&"if") && !words.contains(&"then") && words.len() > 2 && words[words.len() - 2] == "properties"
}

#[test]
fn a_member_that_is_not_described_is_refused_wherever_it_is() {
    let whole = [json(&full()), json(&annotation()), json(&prices())];
    for (schema, whole) in [run_schema(), annotation_schema(), price_schema()].into_iter().zip(whole) {
        for pointer in pointers(&whole).into_iter().chain([String::new()]) {
            let mut more = whole.clone();
            // A map of texts allows any name, but not a number.
            if let Some(Value::Object(members)) = more.pointer_mut(&pointer) {
                members.insert("surplus".into(), json!(1));
                assert!(!schema.is_valid(&more), "{pointer}");
            }
        }
    }
}

#[test]
fn an_annotation_with_a_member_that_is_not_known_is_not_read() {
    let mut narrower = json(&annotation());
    assert!(read_annotation(&narrower).is_some());
    narrower["scenario"] = json!("20");
    assert!(read_annotation(&narrower).is_none());
}

#[test]
fn the_readmes_annotation_is_one() {
    let readme = fs::read_to_string(results().join("README.md")).unwrap();
    let (_, example) = readme.split_once("```json\n").unwrap();
    let example: Value = serde_json::from_str(example.split_once("```").unwrap().0).unwrap();
    assert_eq!(violations(&annotation_schema(), &example), [""; 0]);
    assert!(read_annotation(&example).is_some());
}

#[test]
fn without_any_one_member_a_file_is_valid_where_it_is_read_and_nowhere_else() {
    let schema = run_schema();
    for (without, damaged) in each_without_one_member(&json(&full())) {
        assert_eq!(schema.is_valid(&damaged), read(&damaged).is_some(), "without {without}");
    }
    let schema = annotation_schema();
    for (without, damaged) in each_without_one_member(&json(&annotation())) {
        assert_eq!(schema.is_valid(&damaged), read_annotation(&damaged).is_some(), "without {without}");
    }
    let schema = price_schema();
    for (without, damaged) in each_without_one_member(&json(&prices())) {
        assert_eq!(schema.is_valid(&damaged), read_prices(&damaged).is_some(), "without {without}");
    }
}

#[test]
fn with_anything_of_another_type_a_file_is_valid_where_it_is_read_and_nowhere_else() {
    let others = [json!(null), json!(true), json!(-1), json!(1.5), json!("x"), json!([]), json!({}), json!(["x"])];
    let (whole, whole_annotation, whole_prices) = (json(&full()), json(&annotation()), json(&prices()));
    let (run_schema, annotation_schema, price_schema) = (run_schema(), annotation_schema(), price_schema());
    for other in &others {
        for pointer in pointers(&whole) {
            let mut damaged = whole.clone();
            *damaged.pointer_mut(&pointer).unwrap() = other.clone();
            let (valid, read) = (run_schema.is_valid(&damaged), read(&damaged).is_some());
            if pointer.ends_with("/samples") && *other == json!([]) {
                assert!(read && !valid, "the rows of version 1 are read as well");
            } else if is_of_another_length(&pointer, other) {
                assert!(valid && !read, "{pointer} is {other}: the program sees to lengths");
            } else {
                assert_eq!(valid, read, "{pointer} is {other}");
            }
        }
        // The program checks that a time is one. The schema only says so (`format`).
        for pointer in pointers(&whole_annotation).into_iter().filter(|pointer| pointer != "/when") {
            let mut damaged = whole_annotation.clone();
            *damaged.pointer_mut(&pointer).unwrap() = other.clone();
            let valid = annotation_schema.is_valid(&damaged);
            assert_eq!(valid, read_annotation(&damaged).is_some(), "{pointer} is {other}");
        }
        for pointer in pointers(&whole_prices) {
            let mut damaged = whole_prices.clone();
            *damaged.pointer_mut(&pointer).unwrap() = other.clone();
            let (valid, read) = (price_schema.is_valid(&damaged), read_prices(&damaged).is_some());
            assert_eq!(valid, read, "{pointer} is {other}");
        }
    }
}

/// Returns whether one column would then be shorter than those beside it, or whether there would be details without
/// arms. A sample's connections without its peak in flight are the same kind of thing.
fn is_of_another_length(pointer: &str, other: &Value) -> bool {
    const COLUMNS_AND_ARMS: [&str; 23] = [
        "/questions",
        "/scenarios",
        "/arms",
        "/round",
        "/process",
        "/wall_ns",
        "/user_ns",
        "/system_ns",
        "/voluntary_switches",
        "/involuntary_switches",
        "/peak_memory",
        "/threads",
        "/peak_in_flight",
        "/connections",
        "/samples/share",
        "/refused",
        "/queued",
        "/longest_queue",
        "/ns",
        "/requests",
        "/lanes",
        "/started_ns",
        "/finished_ns",
    ];
    let is_shorter = *other == json!([]) && COLUMNS_AND_ARMS.iter().any(|name| pointer.ends_with(name));
    // These are numbers, and not columns.
    let is_number = ["/scenario/requests", "/work/ns", "/timeline/round", "/disturbed/0/round"]
        .iter()
        .any(|it| pointer.ends_with(it));
    (is_shorter && !is_number) || (pointer.ends_with("/peak_in_flight/0") && other.is_null())
}
