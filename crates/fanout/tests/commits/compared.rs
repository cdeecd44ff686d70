//! Two revisions that can be compared: the exit code, and what is said in words, in JSON and in Markdown.

use std::fs;

use fanout_compare::calibration::{Calibration, Tried};
use fanout_record::machine::Machine;
use serde_json::Value;

use crate::repository::{Ended, Repository, slower_worker, worker};

/// What is measured: little, with a worker that is not optimized.
pub(crate) const SHORT: [&str; 6] = ["--models", "hyper", "--scenarios", "waiting", "--budget", "4s"];

/// The JSON that it printed, and nothing beside it.
#[track_caller]
pub(crate) fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// The names of an object's members, sorted.
pub(crate) fn members(object: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

/// A ratio is a number, in its interval where it has one.
fn is_ratio(ratio: &Value) -> bool {
    let value = ratio["value"].as_f64().unwrap();
    members(ratio) == ["interval", "value"]
        && (ratio["interval"].is_null()
            || ratio["interval"][0].as_f64().unwrap() <= value && value <= ratio["interval"][1].as_f64().unwrap())
}

#[test]
fn a_revision_of_more_work_is_regressed_in_words_in_json_and_in_markdown() {
    let repository = Repository::new(&worker());
    repository.commit("slow", &slower_worker("300"));
    let summary = repository.note("summary.md");
    let arguments = ["one", "slow", "--json", "--markdown", summary.to_str().unwrap()];
    let ended = repository.compare(&[&arguments[..], &SHORT].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("hyper waiting: REGRESSED by "), "{}", ended.err);
    assert!(ended.err.contains("threshold: 3 %, the default; `cargo fanout calibrate`"), "{}", ended.err);

    let json = json(&ended);
    assert_eq!(members(&json), ["a", "b", "outcomes", "verdict"]);
    assert!(
        json["a"].as_str().unwrap().ends_with(" one") && json["b"].as_str().unwrap().ends_with(" slow"),
        "{json}"
    );
    let [outcome] = json["outcomes"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let all = "again by failure found model on_the_clock_s rounds scenario sessions took_s verdict";
    assert_eq!(members(outcome), all.split(' ').collect::<Vec<_>>());
    assert_eq!((&outcome["verdict"], &json["verdict"]), (&"regressed".into(), &"regressed".into()));
    assert!(outcome["by"].as_array().unwrap().contains(&"cpu".into()), "{outcome}");
    assert!(outcome["model"] == "hyper" && outcome["scenario"] == "waiting" && outcome["failure"].is_null());
    let cpu =
        |found: &Value| found.as_array().unwrap().iter().find(|found| found["measure"] == "cpu").unwrap().clone();
    for found in ["found", "again"].map(|name| cpu(&outcome[name])) {
        assert_eq!(members(&found), ["identical", "measure", "ratio", "threshold", "verdict"]);
        assert_eq!(found["verdict"], "regressed");
        assert!(is_ratio(&found["ratio"]) && is_ratio(&found["identical"]), "{found}");
        assert!(found["ratio"]["value"].as_f64() > Some(2.0), "{found}");
    }

    let text = fs::read_to_string(&summary).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "### fanout: 1 REGRESSED");
    let between = format!("`{}` against `{}`", json["b"].as_str().unwrap(), json["a"].as_str().unwrap());
    assert_eq!(lines[2], between);
    let row = lines.iter().find(|line| line.starts_with("| hyper ")).unwrap();
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!(cells.len(), lines[4].trim_matches('|').split('|').count(), "{text}");
    assert_eq!(cells[..2], ["hyper", "waiting"]);
    assert!(cells[2].starts_with("REGRESSED by ") && cells[2].ends_with("CPU"), "{text}");
    assert!(text.contains("\n- *waiting*: 100 requests") && !text.contains("*busy*"), "{text}");
    assert_eq!(cells[7], format!("{} in {}", outcome["rounds"], outcome["sessions"]));
}

#[test]
fn a_revision_that_differs_by_a_comment_is_not_slower_by_the_threshold_that_calibration_found() {
    let repository = Repository::new(&worker());
    repository.commit("same", &format!("// The same.\n{}", worker()));
    let tried = |slower, regressed| Tried { slower, tries: 10, regressed, ..Tried::default() };
    let tried = vec![tried(0.0, 0), tried(40.0, 10)];
    let calibration = Calibration { machine: Machine::this().id(), tried, ..Calibration::default() };
    fs::create_dir_all(repository.derived()).unwrap();
    calibration.keep(&repository.derived()).unwrap();
    let ended = repository.compare(&[&["one", "same", "--json"][..], &SHORT].concat());
    assert!(ended.err.contains("threshold: 40 %, "), "{}", ended.err);
    let json = json(&ended);
    let verdict = json["outcomes"][0]["verdict"].as_str().unwrap();
    // Where the machine is busy it may not be known, nor that it is faster be ruled out.
    match ended.code {
        Some(0) => assert!(["equivalent", "improved"].contains(&verdict), "{ended:?}"),
        Some(3) => assert_eq!(verdict, "inconclusive", "{ended:?}"),
        _ => panic!("{ended:?}"),
    }
    let found = json["outcomes"][0]["found"].as_array().unwrap();
    assert!(found.iter().all(|found| found["threshold"].as_f64() >= Some(0.399)), "{json}");

    // In words, with the threshold of the command line.
    let ended = repository.compare(&[&["one", "same", "--threshold", "50"][..], &SHORT].concat());
    let word = match ended.code {
        Some(0) => ["1 equivalent\n", "1 improved\n"],
        Some(3) => ["1 inconclusive\n"; 2],
        _ => panic!("{ended:?}"),
    };
    assert!(word.iter().any(|word| ended.out.ends_with(word)) && !ended.err.contains("threshold:"), "{ended:?}");
}
