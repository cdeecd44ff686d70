//! Two comparisons at once in one workspace.

use std::fs;
use std::process::Command;

use nix::sys::signal::{Signal, kill};

use crate::repository::{NO_WORKER, Repository, Running, leave_note, until};

/// A repository whose first revision builds for as long as there is no note `go`.
fn slow_to_build() -> Repository {
    let repository = Repository::new(NO_WORKER);
    let (begun, go) = (leave_note(&repository.note("building")), repository.note("go"));
    let wait = format!(
        "while !std::fs::exists({go:?}).unwrap() {{ {} }}",
        "std::thread::sleep(std::time::Duration::from_millis(10));"
    );
    repository.write("build.rs", &format!("fn main() {{ {begun} {wait} }}\n"));
    repository.commit("slow", &NO_WORKER.replace("Welcome", "slow"));
    fs::remove_file(repository.files().join("build.rs")).unwrap();
    repository.commit("quick", &NO_WORKER.replace("Welcome", "quick"));
    repository
}

/// Starts another comparison, up to when it says that it waits.
fn waiting(repository: &Repository) -> Running {
    let second = repository.start_noting(&["quick", "one"], "said");
    until(|| said(repository).contains("another comparison is building"));
    second
}

/// What the second one said so far.
fn said(repository: &Repository) -> String {
    fs::read_to_string(repository.note("said")).unwrap()
}

#[test]
fn the_second_waits_until_the_first_has_built_and_each_has_its_own_program() {
    let repository = slow_to_build();
    let first = repository.start(&["slow", "one"]);
    repository.process("building");
    let second = waiting(&repository);
    fs::write(repository.note("go"), "").unwrap();
    first.ended().names(&["A (slow)", "cannot be measured as a worker", "slow"]);
    assert_eq!(second.ended().code, Some(4));
    let said = said(&repository);
    assert!(said.contains("A (quick)") && said.contains("cannot be measured as a worker"), "{said}");
    for name in ["slow", "quick"] {
        let commit = repository.git(&["rev-parse", name]);
        let program = repository.listed("programs").into_iter().find(|program| program.starts_with(&commit)).unwrap();
        let program = repository.derived().join("programs").join(program);
        let said = Command::new(program).output().unwrap().stdout;
        assert_eq!(String::from_utf8(said).unwrap().trim(), name);
    }
    repository.keeps_nothing_unfinished();
}

#[test]
fn the_second_can_be_interrupted_while_it_waits_and_the_first_goes_on() {
    let repository = slow_to_build();
    let first = repository.start(&["slow", "one"]);
    repository.process("building");
    let second = waiting(&repository);
    kill(second.pid(), Signal::SIGINT).unwrap();
    assert_eq!(second.ended().code, Some(130));
    fs::write(repository.note("go"), "").unwrap();
    first.ended().names(&["A (slow)", "cannot be measured as a worker"]);
    repository.keeps_nothing_unfinished();
}
