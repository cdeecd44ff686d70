//! Prices of small programs without dependencies, built for real: what is measured, and what is said where that
//! fails.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use fanout_price::measure::{Effort, Measurer};
use fanout_price::program::Program;
use fanout_price::workshop::Workshop;
use fanout_record::paths::workspace;
use fanout_record::price::{Build, Tree};

/// A program with this `main.rs`, and without a model.
fn program(main: &str) -> Program {
    Program { id: "fixture".into(), main: main.into(), dependencies: Vec::new(), requests: false }
}

/// Measures a program in a folder of its own, and returns the result with what is left in the folder.
fn measured(main: &str, effort: Effort) -> (anyhow::Result<Build>, Vec<String>) {
    let derived = tempfile::tempdir().unwrap();
    let workshop = Workshop::open(derived.path(), &workspace()).unwrap();
    let result = Measurer::new(&workshop, effort, None).unwrap().measure(&program(main), 0);
    drop(workshop);
    (result, names(derived.path()))
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

const READY: &str = "fn main() { println!(\"ready\"); }";

#[test]
fn a_program_is_built_from_nothing_and_again_and_is_started() {
    let effort = Effort { rebuilds: 2, starts: 3, optimised: true };
    let (build, left) = measured(READY, effort);
    let build = build.unwrap();
    assert_eq!((build.tree.crates, build.tree.build_crates, build.tree.forbid_unsafe), (0, 0, 0));
    assert_eq!((build.tree.c_crates.len(), build.rebuilds_ns.len(), build.starts_ns.len()), (0, 2, 3));
    // It has the standard library, and no symbols.
    assert!((100_000..2_000_000).contains(&build.size_bytes), "{}", build.size_bytes);
    let all = [&[build.clean_ns][..], &build.rebuilds_ns, &build.starts_ns].concat();
    assert!(all.iter().all(|ns| *ns > 0), "{all:?}");
    assert_eq!(left, ["price.lock"], "something is left of what was built");
}

#[test]
fn a_program_that_does_not_build_says_so_in_the_compilers_words_and_leaves_nothing() {
    let (refused, left) = measured("fn main() { not_there(); }", Effort::TRIED);
    let words = format!("{:#}", refused.unwrap_err());
    assert!(words.contains("does not build") && words.contains("cannot find function `not_there`"), "{words}");
    assert_eq!(left, ["price.lock"]);
}

#[test]
fn a_program_that_is_not_ready_or_fails_has_no_price() {
    let words = |main: &str| format!("{:#}", measured(main, Effort::TRIED).0.unwrap_err());
    let other = words("fn main() { println!(\"busy\"); }");
    assert!(other.contains("said \"busy\\n\" in place of \"ready\""), "{other}");
    let failed = words("fn main() { println!(\"ready\"); eprintln!(\"no server\"); std::process::exit(3); }");
    assert!(failed.contains("failed: no server"), "{failed}");
}

#[test]
fn two_do_not_build_in_one_folder_and_what_a_killed_one_left_is_removed() {
    let derived = tempfile::tempdir().unwrap();
    fs::create_dir_all(derived.path().join("price/target/release")).unwrap();
    let first = Workshop::open(derived.path(), &workspace()).unwrap();
    assert_eq!(names(derived.path()), ["price.lock"]);
    let refused = Workshop::open(derived.path(), &workspace()).unwrap_err();
    assert!(refused.to_string().contains("another price bench is running"), "{refused}");
    drop(first);
    assert!(Workshop::open(derived.path(), &workspace()).is_ok());
}

#[test]
fn the_crates_of_a_program_are_those_of_its_model_and_not_of_the_others() {
    let derived = tempfile::tempdir().unwrap();
    let workshop = Workshop::open(derived.path(), &workspace()).unwrap();
    let measurer = Measurer::new(&workshop, Effort::TRIED, None).unwrap();
    let tree = |id: &str| {
        let program = Program::of(fanout_models::find(id).unwrap(), &workspace()).unwrap();
        measurer.tree(&program).unwrap()
    };
    let [floor, ureq, reqwest, curl] = ["floor", "sequential", "thread-pool", "curl-multi"].map(tree);
    assert!(0 < floor.crates && floor.crates < ureq.crates && ureq.crates < reqwest.crates, "{floor:?} {ureq:?}");
    for tree in [&floor, &ureq, &reqwest, &curl] {
        assert!(tree.model_forbids_unsafe && tree.forbid_unsafe < tree.crates, "{tree:?}");
    }
    let calls = |tree: &Tree, name: &str| tree.c_crates.iter().any(|it| it == name);
    assert!(floor.c_crates.is_empty(), "{floor:?}");
    assert!(calls(&ureq, "ring") && calls(&curl, "curl-sys") && !calls(&curl, "ring"), "{ureq:?} {curl:?}");
}

#[test]
fn each_model_has_a_program_that_names_its_type() {
    for model in fanout_models::ROSTER.iter().chain(fanout_models::FLOORS) {
        let program = Program::of(*model, &workspace()).unwrap();
        assert!(program.dependencies.iter().all(|(_, path)| path.join("Cargo.toml").is_file()), "{program:?}");
        assert!(program.main.contains(&format!("model_{}::", model.id().replace('-', "_"))), "{program:?}");
    }
}
