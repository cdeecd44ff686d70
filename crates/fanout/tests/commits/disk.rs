//! A disk that is full: named, and nothing half-written stays under a name that is used later.

use std::path::Path;
use std::process::Command;

use crate::repository::{Ended, NO_WORKER, Repository, worker};

/// In a mount namespace of its own: mounts so much at a folder, runs the rest, and says what files are there then.
const MOUNT: &str = "mount -t tmpfs -o \"size=$1\" fanout \"$2\"; cd \"$2\"; shift 2; \
                     \"$@\" || code=$?; find . -type f; exit ${code:-0}";

/// `command` with a disk of this size at `folder`; `None` where this machine can't have one, which is told.
fn on_a_small_disk(size: &str, folder: &Path, command: &Command) -> Option<Ended> {
    std::fs::create_dir_all(folder).unwrap();
    let unshared = || {
        let mut program = Command::new("unshare");
        program.args(["--user", "--map-root-user", "--mount", "sh", "-ec", MOUNT, "sh", size]).arg(folder);
        program
    };
    let why = match unshared().arg("true").output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        fanout_needs::skip("a disk that is full", &format!("tmpfs: {why}")).unwrap();
        return None;
    }
    let mut outer = unshared();
    started_by(&mut outer, command);
    Some(outer.output().unwrap().into())
}

/// Lets `outer` start `command`, with its variables.
fn started_by(outer: &mut Command, command: &Command) {
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
}

#[test]
fn while_git_checks_out() {
    let repository = Repository::new(NO_WORKER);
    repository.write("large", &"x".repeat(300_000));
    repository.commit("large", NO_WORKER);
    let command = repository.command(&["large", "one"]);
    let Some(ended) = on_a_small_disk("128k", &repository.derived(), &command) else { return };
    ended.names(&["A (large) cannot be compared", "cannot check out", "the disk is full", "unable to write file"]);
    // Nothing of it is there, and there is room again.
    assert_eq!(ended.out.trim(), "./tree.lock");
}

#[test]
fn while_cargo_builds() {
    let repository = Repository::new(NO_WORKER);
    let command = repository.command(&["one", "one"]);
    let Some(ended) = on_a_small_disk("256k", &repository.derived(), &command) else { return };
    ended.names(&["A (one) cannot be compared", "does not build", "the disk is full"]);
    assert!(!ended.out.contains("programs/") && !ended.out.contains("build.tmp"), "{}", ended.out);
}

#[test]
fn while_a_program_is_kept() {
    let repository = Repository::new(NO_WORKER);
    let programs = repository.derived().join("programs");
    let command = repository.command(&["one", "one"]);
    let Some(ended) = on_a_small_disk("64k", &programs, &command) else { return };
    ended.names(&["A (one) cannot be compared", "cannot keep what was built in", "No space left on device"]);
    assert_eq!(ended.out, "", "something half-written is there");
    // With room it is built from where it was.
    repository.compare(&["one", "one"]).names(&["A (one)", "cannot be measured as a worker"]);
    assert_eq!(repository.listed("programs").len(), 1);
}

#[test]
fn while_the_summary_is_written() {
    let repository = Repository::new(&worker());
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    // One file of 1 byte takes a page, which is all there is.
    let mut command = Command::new("sh");
    command.args(["-ec", "printf x > rest; exec \"$@\"", "sh"]);
    let compare = repository.command(&[
        "one",
        "one",
        "--budget",
        "1s",
        "--scenarios",
        "waiting",
        "--models",
        "hyper",
        "--markdown",
        summary.to_str().unwrap(),
    ]);
    started_by(&mut command, &compare);
    let Some(ended) = on_a_small_disk("4k", folder.path(), &command) else { return };
    assert!(ended.err.contains("cannot write ") && ended.err.contains("summary.md: No space left"), "{ended:?}");
    // What was measured is said, and decides, unless the exit code would be 0.
    let verdict = [("1 equivalent", 2), ("1 improved", 2), ("1 REGRESSED", 1), ("1 inconclusive", 3)];
    let said = verdict.iter().find(|(words, _)| ended.out.lines().any(|line| line == *words));
    assert_eq!(ended.code, said.map(|(_, code)| *code), "{ended:?}");
    assert!(ended.out.ends_with("./rest\n") && !ended.out.contains("summary.md"), "{}", ended.out);
}
