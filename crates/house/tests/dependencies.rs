//! How many crates a model brings into a program is counted, and not guessed. The numbers are those of Linux on
//! x86-64; for another system, cargo would have to fetch crates that no build here needs.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::Command;

use fanout_models::ROSTER;
use fanout_record::paths::workspace;

const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The models whose libraries need more of other libraries than anybody else does. Cargo gives a library all features
/// that any package of a build asks for, so that these models are counted alone.
const ALONE: [&str; 1] = ["nats-queue"];

/// The crates by name and version, each with what it depends on in a program that is not a test.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The crates of a build of these models.
fn graph<'a>(models: impl Iterator<Item = &'a str>) -> Graph {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["tree", "--locked", "--offline", "--edges", "normal", "--target", PLATFORM]);
    // Each line is the depth of a crate, then the crate. A crate that was shown before has no crates below it.
    cargo.args(["--prefix", "depth", "--format", " {p}"]);
    for id in models {
        cargo.args(["--package", &format!("model-{id}")]);
    }
    let output = cargo.current_dir(workspace()).output().expect("cargo runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut graph, mut above) = (Graph::new(), Vec::<String>::new());
    for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let depth: usize = words.next().and_then(|depth| depth.parse().ok()).expect("a line begins with a depth");
        let name = words.take(2).collect::<Vec<_>>().join(" ");
        above.truncate(depth);
        if let Some(parent) = above.last() {
            graph.entry(parent.clone()).or_default().insert(name.clone());
        }
        graph.entry(name.clone()).or_default();
        above.push(name);
    }
    graph
}

/// How many crates these bring in, themselves included.
fn count(graph: &Graph, libraries: &[&str]) -> usize {
    let is_named = |name: &&String| libraries.iter().any(|library| name.split(' ').next() == Some(library));
    let mut open: Vec<&String> = graph.keys().filter(is_named).collect();
    assert!(open.len() >= libraries.len(), "Cargo.lock does not have all of {libraries:?}");
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(&graph[name]);
        }
    }
    found.len()
}

#[test]
fn each_model_says_how_many_crates_it_brings_into_a_program() {
    let ids = || ROSTER.iter().map(|model| model.id());
    let together = graph(ids().filter(|id| !ALONE.contains(id)));
    let mut wrong = Vec::new();
    for model in ROSTER {
        let (id, description) = (model.id(), model.description().expect("crates/models tests that there is one"));
        let counted = if ALONE.contains(&id) {
            count(&graph([id].into_iter()), description.libraries)
        } else {
            count(&together, description.libraries)
        };
        if counted != description.crates {
            wrong.push(format!("crates/model-{id}/src/lib.rs: crates: {counted},"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the `description()` of these models says another number of crates than Cargo.lock does. Write these lines \
         in place of theirs; the page, the advice in it and `cargo fanout models NAME` then show the number:\n{}",
        wrong.join("\n")
    );
}
