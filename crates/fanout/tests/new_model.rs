//! `cargo fanout new-model`, in a copy of the parts of this workspace that name models.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fanout_models::ROSTER;
use fanout_record::paths::workspace;
use tempfile::TempDir;

/// The files that name models, in a folder of their own.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |from: &Path| {
        let to = folder.path().join(from.strip_prefix(workspace()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    for name in ["Cargo.toml", "crates/README.md", "crates/models/Cargo.toml", "crates/models/src/lib.rs"] {
        put(&workspace().join(name));
    }
    for model in ROSTER {
        files(&workspace().join(format!("crates/model-{}", model.id()))).iter().for_each(|path| put(path));
    }
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every file of a folder with its text, by its place.
fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let place = |path: &Path| path.strip_prefix(folder).unwrap().to_owned();
    files(folder).iter().map(|path| (place(path), fs::read_to_string(path).unwrap())).collect()
}

fn new_model(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.arg("new-model").args(arguments).arg("--workspace").arg(folder).output().unwrap()
}

/// What it is told when nothing may be written.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let before = texts(folder);
    let output = new_model(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(texts(folder), before, "something was written");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_copy_is_named_in_every_place_that_names_its_original_and_nothing_else_changes() {
    let folder = copy();
    let before = texts(folder.path());
    let output = new_model(folder.path(), &["reqwest-batched", "--like", "tokio-buffer-unordered"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("cargo fanout prove reqwest-batched"));
    let after = texts(folder.path());
    // Without the lines that are new, every file is what it was.
    for (place, text) in &before {
        let added = |line: &&str| line.contains("reqwest-batched") || line.contains("ReqwestBatched");
        let rest: Vec<&str> = after[place].lines().filter(|line| !added(line)).collect();
        assert_eq!(rest, text.lines().collect::<Vec<_>>(), "{}", place.display());
    }
    let line = |place: &str, line: &str| {
        let text = &after[Path::new(place)];
        assert!(text.lines().any(|it| it == line), "{place} has no line {line:?}");
    };
    line("Cargo.toml", "model-reqwest-batched = { path = \"crates/model-reqwest-batched\" }");
    line("crates/models/Cargo.toml", "model-reqwest-batched.workspace = true");
    line("crates/models/src/lib.rs", "    &model_reqwest_batched::ReqwestBatched,");
    let row = "| [model-reqwest-batched](model-reqwest-batched) | a stream of futures on one thread | reqwest |";
    line("crates/README.md", row);
    line("crates/model-reqwest-batched/Cargo.toml", "name = \"model-reqwest-batched\"");
    line("crates/model-reqwest-batched/src/lib.rs", "pub struct ReqwestBatched;");
    line("crates/model-reqwest-batched/src/lib.rs", "        \"reqwest-batched\"");
}

#[test]
fn each_model_of_the_roster_can_be_copied_and_its_copy_keeps_what_it_uses() {
    let folder = copy();
    for model in ROSTER {
        let (id, new) = (model.id(), format!("copy-of-{}", model.id()));
        let output = new_model(folder.path(), &[&new, "--like", id]);
        assert!(output.status.success(), "{id}: {output:?}");
        let original = texts(&folder.path().join(format!("crates/model-{id}")));
        let copied = texts(&folder.path().join(format!("crates/model-{new}")));
        assert_eq!(original.keys().collect::<Vec<_>>(), copied.keys().collect::<Vec<_>>(), "{id}");
        let uses = |text: &str| text.lines().filter(|line| line.ends_with(".workspace = true")).count();
        let manifest = Path::new("Cargo.toml");
        assert_eq!(uses(&original[manifest]), uses(&copied[manifest]), "{id}");
        assert!(copied[Path::new("src/lib.rs")].contains(&format!("\"{new}\"")), "{id} has no id of its own");
        let libraries = |text: &str| text.lines().find(|line| line.contains("libraries: ")).map(str::to_owned);
        let source = Path::new("src/lib.rs");
        assert_eq!(libraries(&original[source]), libraries(&copied[source]), "{id}");
        let others = copied[source].lines().filter(|line| !line.contains("libraries: "));
        assert!(!others.into_iter().any(|line| line.contains(&format!("\"{id}\""))), "{id} is still in its copy");
    }
}

#[test]
fn a_type_that_the_original_uses_already_is_not_the_new_models() {
    let folder = copy();
    assert!(new_model(folder.path(), &["runner", "--like", "hyper"]).status.success());
    let source = fs::read_to_string(folder.path().join("crates/model-runner/src/lib.rs")).unwrap();
    assert!(source.contains("pub struct RunnerModel;") && source.contains("Box<dyn Runner>"), "{source}");
}

#[test]
fn a_name_that_is_taken_or_no_id_and_an_original_that_is_none_are_refused() {
    let folder = copy();
    assert!(refusal(folder.path(), &["hyper", "--like", "smol"]).contains("there is a model `hyper` already"));
    for no_id in ["Upper", "two--hyphens", "ends-", "7up", "with_line", "../up", ""] {
        let said = refusal(folder.path(), &[no_id, "--like", "smol"]);
        assert!(said.contains("lower-case letters, digits and single hyphens"), "{no_id}: {said}");
    }
    assert!(refusal(folder.path(), &["a", "--like", "hyperr"]).contains("did you mean `hyper`?"));
    assert!(refusal(folder.path(), &["a", "--like", "floor"]).contains("`floor` is a control arm"));
    fs::create_dir(folder.path().join("crates/model-a")).unwrap();
    assert!(refusal(folder.path(), &["a", "--like", "smol"]).contains("model-a exists already"));
}

#[test]
fn a_workspace_without_the_original_is_left_as_it_is() {
    let folder = copy();
    let roster = folder.path().join("crates/models/src/lib.rs");
    let without = fs::read_to_string(&roster).unwrap().replace("    &model_smol::Smol,\n", "");
    fs::write(&roster, without).unwrap();
    assert!(refusal(folder.path(), &["a", "--like", "smol"]).contains("has no line of `smol`"));
    fs::write(&roster, fs::read_to_string(workspace().join("crates/models/src/lib.rs")).unwrap()).unwrap();
    fs::write(folder.path().join("crates/README.md"), "# No table\n").unwrap();
    assert!(refusal(folder.path(), &["a", "--like", "smol"]).contains("README.md has no row of `smol`"));
    fs::write(folder.path().join("crates/models/Cargo.toml"), "[package]\n").unwrap();
    assert!(refusal(folder.path(), &["a", "--like", "smol"]).contains("no line that begins with `model-`"));
    let nowhere = new_model(&folder.path().join("nowhere"), &["a", "--like", "smol"]);
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("cannot read"));
    assert!(!folder.path().join("nowhere").exists());
}
