//! Lists that must agree: what is added to one of them and forgotten in another fails here, with the line to add.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fanout_analysis::compared::PLAIN;
use fanout_analysis::floors::is_control_arm;
use fanout_house::{files, text};
use fanout_models::{FLOORS, ROSTER};
use fanout_record::paths::workspace;
use fanout_suite::question::PLAIN_SECONDS;

/// A manifest or another TOML file of the workspace.
fn toml(path: &str) -> toml::Table {
    text(&workspace().join(path)).parse().expect("cargo reads it as well")
}

/// The names of the folders in `crates/`.
fn crates() -> BTreeSet<String> {
    let manifests = files(&workspace().join("crates"), "Cargo.toml");
    let folder = |path: &PathBuf| {
        let below = path.strip_prefix(workspace().join("crates")).expect("it was found there");
        let mut parts = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        // A crate's own manifest; that of its fuzz targets lies deeper.
        (parts.clone().count() == 2).then(|| parts.next().expect("there are two"))
    };
    manifests.iter().filter_map(folder).collect()
}

/// Says what of `wanted` is not in the text of `file`, with the `line` to add for each.
fn expect_in(file: &str, wanted: impl IntoIterator<Item = String>, line: impl Fn(&str) -> String) {
    let text = text(&workspace().join(file));
    let lines = wanted.into_iter().map(|name| line(&name));
    let missing: Vec<String> = lines.filter(|line| !text.contains(line)).collect();
    assert!(missing.is_empty(), "{file} lacks:\n{}", missing.join("\n"));
}

/// The bench targets: those that a plain `cargo bench` runs, or the others.
fn benches(plain: bool) -> Vec<String> {
    let manifest = toml("benches/Cargo.toml");
    let benches = manifest["bench"].as_array().expect("it has [[bench]]");
    let is_plain = |bench: &&toml::Value| bench.get("bench").and_then(toml::Value::as_bool).unwrap_or(true) == plain;
    let name = |bench: &toml::Value| bench["name"].as_str().expect("a target has a name").to_owned();
    benches.iter().filter(is_plain).map(name).collect()
}

#[test]
fn every_model_crate_is_in_the_roster_and_in_every_list_of_models() {
    let crates: BTreeSet<String> =
        crates().into_iter().filter_map(|name| Some(name.strip_prefix("model-")?.to_owned())).collect();
    let entered: BTreeSet<String> = ROSTER.iter().chain(FLOORS).map(|model| model.id().to_owned()).collect();
    let forgotten: Vec<&String> = crates.difference(&entered).collect();
    assert!(
        forgotten.is_empty(),
        "crates/models/src/lib.rs: ROSTER lacks a line `&model_NAME::Model,` for {forgotten:?}, or the model's id is \
         not the name of its crate"
    );
    assert_eq!(entered.difference(&crates).collect::<Vec<_>>(), [""; 0], "these models have no crate of their name");
    let all = || crates.iter().cloned();
    expect_in("Cargo.toml", all(), |id| format!("model-{id} = {{ path = \"crates/model-{id}\" }}"));
    expect_in("crates/models/Cargo.toml", all(), |id| format!("model-{id}.workspace = true"));
    expect_in("crates/README.md", all(), |id| format!("| [model-{id}](model-{id}) |"));
}

#[test]
fn the_control_arms_of_the_roster_are_those_of_the_analysis() {
    for floor in FLOORS {
        assert!(is_control_arm(floor.id()), "crates/analysis/src/floors.rs does not know {}", floor.id());
    }
    assert!(!ROSTER.iter().any(|model| is_control_arm(model.id())));
}

#[test]
fn every_crate_is_described_in_the_crates_readme() {
    let others = crates().into_iter().filter(|name| !name.starts_with("model-"));
    expect_in("crates/README.md", others, |name| format!("| [{name}]({name}) |"));
}

#[test]
fn every_bench_is_a_target_and_the_readme_says_what_it_asks() {
    let targets: BTreeSet<String> = [benches(true), benches(false)].concat().into_iter().collect();
    // A target is a file, or a folder with several files.
    let name = |path: &PathBuf| {
        let inside = path.strip_prefix(workspace().join("benches")).ok()?;
        Some(Path::new(inside.iter().next()?).file_stem()?.to_string_lossy().into_owned())
    };
    let files: BTreeSet<String> = files(&workspace().join("benches"), ".rs").iter().filter_map(name).collect();
    assert_eq!(
        files, targets,
        "benches/Cargo.toml needs `[[bench]]`, `name`, `path` and `harness = false` for each file"
    );
    let row = |name: &String| format!("| `{name}` |");
    expect_in("README.md", benches(true), |name| row(&name.to_string()));
    expect_in("docs/benches.md", benches(false), |name| row(&name.to_string()));
}

#[test]
fn the_questions_of_a_plain_cargo_bench_are_known_in_their_order() {
    assert_eq!(benches(true), PLAIN, "crates/analysis/src/compared.rs: PLAIN");
}

#[test]
fn the_seconds_of_the_questions_of_a_plain_cargo_bench_add_up() {
    let seconds = |name: String| {
        let text = text(&workspace().join("benches").join(name + ".rs"));
        let line = text.lines().find_map(|line| line.trim().strip_prefix("seconds: "));
        line.and_then(|line| line.trim_end_matches(',').parse::<u64>().ok())
    };
    let all: Option<u64> = benches(true).into_iter().map(seconds).sum();
    assert_eq!(
        all,
        Some(PLAIN_SECONDS),
        "crates/suite/src/question.rs: PLAIN_SECONDS, and `seconds` of each question"
    );
}

#[test]
fn ci_checks_and_runs_the_benches_that_a_plain_cargo_bench_leaves_out() {
    assert!(!benches(false).is_empty());
    for (file, command) in [(".ci/quick", "cargo clippy --workspace"), (".ci/full", "cargo bench --locked")] {
        let script = text(&workspace().join(file));
        let line = script.lines().find(|line| line.starts_with(command)).unwrap_or_default();
        assert!(line.contains("--bench '*'"), "{file}: `{command}` needs the pattern `--bench '*'`, not: {line}");
    }
}

#[test]
fn every_client_has_a_family_in_the_bench_of_instructions() {
    let readme = text(&workspace().join("crates/README.md"));
    let bench = text(&workspace().join("benches/instructions.rs"));
    let column = |line: &str| line.split('|').map(str::trim).nth(3).map(str::to_owned);
    let models = readme.lines().filter(|line| line.starts_with("| [model-"));
    let named: BTreeSet<String> = models.filter_map(column).map(|client| first_word(&client)).collect();
    assert!(named.len() > 5, "{named:?}");
    // The control arms have no client, and are called by what they are.
    let families: BTreeSet<String> =
        named.into_iter().map(|it| if it == "none" { "raw".into() } else { it }).collect();
    for family in families {
        let is_there = bench.lines().any(|line| line.trim_start().starts_with("(\"") && line.contains(&family));
        assert!(is_there, "benches/instructions.rs: FAMILIES lacks a line for the client `{family}`");
    }
}

/// The library in a description such as `ureq, shared` or `hyper's connection API`.
fn first_word(client: &str) -> String {
    client.split([',', ' ', '\'']).next().unwrap_or_default().to_owned()
}

#[test]
fn every_verb_is_a_file_and_the_readme_or_the_docs_show_it() {
    let verbs = text(&workspace().join("crates/fanout/src/main.rs"));
    let verbs: Vec<&str> = verbs
        .lines()
        .filter_map(|line| line.trim().strip_suffix("::Arguments),")?.split_once("(cmd::"))
        .map(|(_, verb)| verb)
        .collect();
    assert!(verbs.len() > 8, "{verbs:?}");
    let docs: String = files(&workspace().join("docs"), ".md").iter().map(|path| text(path)).collect();
    let shown = text(&workspace().join("README.md")) + &docs;
    for verb in verbs {
        assert!(workspace().join(format!("crates/fanout/src/cmd/{verb}.rs")).is_file(), "{verb}");
        let verb = verb.replace('_', "-");
        assert!(
            shown.contains(&format!("cargo fanout {verb}")),
            "README.md or docs/: `cargo fanout {verb}` is not shown"
        );
    }
}

#[test]
fn every_variable_is_described_in_the_docs() {
    let config = text(&workspace().join("crates/harness/src/config.rs"));
    let (config, _) = config.split_once("#[cfg(test)]").unwrap_or((&config, ""));
    let variables: BTreeSet<String> = config
        .split('"')
        .filter(|word| {
            word.len() > 7 && word.starts_with("FANOUT_") && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
        .map(str::to_owned)
        .collect();
    assert!(variables.len() > 5, "{variables:?}");
    expect_in("docs/variables.md", variables, |name| format!("`{name}`"));
}
