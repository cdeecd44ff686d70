//! How many crates a model brings into a program is counted, and not guessed. The numbers are those of Linux on
//! x86-64; for another system, cargo would have to fetch crates that no build here needs.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::Command;

use fanout_models::ROSTER;
use fanout_record::paths::workspace;
use serde_json::Value;

const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What `object_store` turns on in libraries that models use as well. No model has it, so that a program with a model
/// does not get these; but cargo's answer is about the whole workspace, where features are turned on for all.
const NO_MODELS: [(&str, &str); 1] = [("tracing", "tracing-attributes")];

/// The crates by their ids: each with its name, and what it depends on in a program that is not a test.
fn graph() -> BTreeMap<String, (String, Vec<String>)> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", PLATFORM]);
    let output = cargo.current_dir(workspace()).output().expect("cargo runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value.as_str().expect("cargo writes a text here").to_owned();
    let list = |value: &Value| value.as_array().expect("cargo writes a list here").clone();
    let names: BTreeMap<String, String> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let is_normal = |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
    let node = |node: &Value| {
        let id = text(&node["id"]);
        let is_a_models = |needed: &String| !NO_MODELS.contains(&(names[&id].as_str(), names[needed].as_str()));
        let needs = list(&node["deps"]).into_iter().filter(is_normal).map(|it| text(&it["pkg"]));
        let needs = needs.filter(is_a_models).collect();
        (id.clone(), (names[&id].clone(), needs))
    };
    list(&metadata["resolve"]["nodes"]).iter().map(node).collect()
}

/// How many crates these bring in, themselves included.
fn count(graph: &BTreeMap<String, (String, Vec<String>)>, libraries: &[&str]) -> usize {
    let named = |(_, (name, _)): &(&String, &(String, Vec<String>))| libraries.contains(&name.as_str());
    let mut open: Vec<&String> = graph.iter().filter(named).map(|(id, _)| id).collect();
    assert!(open.len() >= libraries.len(), "Cargo.lock does not have all of {libraries:?}");
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(&graph[id].1);
        }
    }
    found.len()
}

#[test]
fn each_model_says_how_many_crates_it_brings_into_a_program() {
    let graph = graph();
    let mut wrong = Vec::new();
    for model in ROSTER {
        let description = model.description().expect("crates/models tests that there is one");
        let counted = count(&graph, description.libraries);
        if counted != description.crates {
            wrong.push(format!("crates/model-{}/src/lib.rs: crates: {counted},", model.id()));
        }
    }
    assert!(wrong.is_empty(), "these lines are not what Cargo.lock says:\n{}", wrong.join("\n"));
}
