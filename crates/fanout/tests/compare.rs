//! `fanout compare` as a user has it, as far as nothing has to be built: exit codes and messages. What it does with commits is
//! tested where it is done, in `fanout-compare`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use fanout_record::{file, store, workspace};

fn fanout(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_revision_that_is_not_there_and_a_range_without_a_commit_are_not_comparable() {
    let (code, _, err) = fanout(&["compare", "no-such-branch"]);
    assert!(code == Some(4) && err.contains("no revision `no-such-branch`"), "{err}");
    let (code, _, err) = fanout(&["compare", "HEAD..HEAD"]);
    assert!(code == Some(4) && err.contains("no commit in HEAD..HEAD"), "{err}");
    let (code, _, err) = fanout(&["compare", "--models", "thread_pool"]);
    assert!(code == Some(2) && err.contains("did you mean `thread-pool`?"), "{err}");
    let (code, _, err) = fanout(&["compare", "--scenarios", "idle"]);
    assert!(code == Some(2) && err.contains("busy, waiting, connecting"), "{err}");
}

#[test]
fn a_recorded_run_is_no_slower_than_itself_and_runs_of_two_machines_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = store::runs(&workspace().join("results")).unwrap().pop().unwrap();
    let (code, out, err) = fanout(&["compare", text(&recorded), text(&recorded)]);
    assert!(matches!(code, Some(0 | 3)) && out.contains("hyper server_delay 20: equivalent"), "{code:?} {out}{err}");
    assert!(!out.contains("REGRESSED") && err.contains("taken apart"), "{out}{err}");

    let mut other = file::read(&recorded).unwrap();
    other.machine.cores = Some(64);
    let path = folder.path().join("other.json");
    file::create(&path, &other).unwrap();
    let (code, out, err) = fanout(&["compare", text(&recorded), text(&path)]);
    assert!(code == Some(4) && out.is_empty() && err.contains("machine: ") && err.contains("--anyway"), "{err}");
    let (code, out, _) = fanout(&["compare", text(&recorded), text(&path), "--anyway"]);
    assert!(matches!(code, Some(0 | 3)) && out.contains("hyper"), "{out}");

    fs::write(&path, "{}").unwrap();
    let (code, _, err) = fanout(&["compare", text(&recorded), text(&path)]);
    assert!(code == Some(4) && err.contains("other.json") && err.contains("not a whole run file"), "{err}");
}
