//! Tests which commit is noted: that of the workspace, whatever the environment says; and git's own words if it names
//! no commit.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fanout_record::source::Source;
use tempfile::TempDir;

use crate::children::{SAYS, child, said};
use crate::git::git;

/// Prints the source of the code in `folder`. A child does this.
pub(crate) fn say(folder: &Path) {
    println!("\n{SAYS}{}", serde_json::to_string(&Source::of(folder)).unwrap());
}

/// Returns what a process with these variables notes about the code in `folder`.
fn noted(folder: &Path, variables: &[(&str, OsString)]) -> Source {
    let mut child = child("source", folder, "");
    // The child runs as on a machine where nobody configured anything. The variables to test come last.
    child.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env_remove("RUSTC");
    let output = child.envs(variables.iter().cloned()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said(&output.stdout)[0]).unwrap()
}

/// Makes a repository with two commits and nothing changed since, and returns the ids of the two as well.
fn repository(name: &str) -> (TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let commits = ["one", "two"].map(|message| {
        fs::write(folder.path().join("file"), format!("{name} {message}")).unwrap();
        git(folder.path(), &["add", "--all"]);
        git(folder.path(), &["commit", "--quiet", "--message", message]);
        git(folder.path(), &["rev-parse", "HEAD"]).trim().to_owned()
    });
    (folder, commits)
}

#[test]
fn a_run_is_of_the_commit_that_is_checked_out_where_the_workspace_is_whatever_repository_variables_name() {
    let ((ours, [first, second]), (theirs, _)) = (repository("ours"), repository("theirs"));
    let path = |name: &str| OsString::from(theirs.path().join(name));
    let yes = || OsString::from("1");
    let hook = [("GIT_DIR", path(".git")), ("GIT_INDEX_FILE", path(".git/index")), ("GIT_PREFIX", "".into())];
    let other: [(&str, OsString); 8] = [
        ("GIT_DIR", path(".git")),
        ("GIT_WORK_TREE", path("")),
        ("GIT_INDEX_FILE", path(".git/index")),
        ("GIT_OBJECT_DIRECTORY", path(".git/objects")),
        ("GIT_COMMON_DIR", path(".git")),
        ("GIT_SHALLOW_FILE", path("file")),
        ("GIT_GRAFT_FILE", path("file")),
        ("GIT_LITERAL_PATHSPECS", yes()),
    ];
    let as_it_is = noted(ours.path(), &[]);
    assert_eq!((as_it_is.commit, as_it_is.parent, as_it_is.dirty), (Some(second), Some(first), Some(false)));
    assert_eq!(as_it_is.git, None);
    for variables in [&[][..], &hook].into_iter().chain(other.chunks(1)) {
        assert_eq!(noted(ours.path(), variables), noted(ours.path(), &[]), "{variables:?}");
    }
    fs::write(ours.path().join("file"), "changed").unwrap();
    for variables in [&[][..], &hook].into_iter().chain(other.chunks(1)) {
        assert_eq!(noted(ours.path(), variables).dirty, Some(true), "{variables:?}");
    }
}

#[test]
fn what_git_objects_to_is_noted_in_its_own_words() {
    let (ours, [_, second]) = repository("ours");
    // git's own tests use this variable to stand for a repository of another owner.
    let not_mine = ("GIT_TEST_ASSUME_DIFFERENT_OWNER", OsString::from("1"));
    let source = noted(ours.path(), std::slice::from_ref(&not_mine));
    assert_eq!((source.commit, source.parent, source.dirty), (None, None, None));
    let words = source.git.unwrap();
    assert!(
        words.contains("dubious ownership") && words.contains("git config --global --add safe.directory"),
        "{words}"
    );
    // The remedy also reaches git from somebody who has no configuration file and sets variables instead.
    let remedy = [
        ("GIT_CONFIG_COUNT", "1".into()),
        ("GIT_CONFIG_KEY_0", "safe.directory".into()),
        ("GIT_CONFIG_VALUE_0", "*".into()),
        not_mine,
    ];
    let source = noted(ours.path(), &remedy);
    assert_eq!((source.commit, source.dirty, source.git), (Some(second.clone()), Some(false), None));

    let nothing = tempfile::tempdir().unwrap();
    let source = noted(ours.path(), &[("PATH", nothing.path().into())]);
    assert_eq!((source.commit, source.dirty), (None, None));
    assert!(source.git.unwrap().starts_with("cannot run git: No such file"));

    let words = noted(nothing.path(), &[]).git.unwrap();
    assert!(words.contains("not a git repository"), "{words}");
    let gone = nothing.path().join("gone");
    let words = noted(&gone, &[]).git.unwrap();
    assert!(words.contains("cannot change to") && words.contains("gone"), "{words}");

    // Only the index cannot be read. The commit is then known, but not whether files differ from it.
    fs::write(ours.path().join(".git/index"), "no index").unwrap();
    let source = noted(ours.path(), &[]);
    assert_eq!((source.commit.as_deref(), source.dirty), (Some(second.as_str()), None));
    assert!(source.git.unwrap().contains("index"));
    fs::remove_dir_all(ours.path().join(".git/objects").join(&second[..2])).unwrap();
    let words = noted(ours.path(), &[]).git.unwrap();
    assert!(words.contains("bad object HEAD"), "{words}");
}

#[test]
fn a_repository_without_a_commit_says_that_it_has_none() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let source = noted(folder.path(), &[]);
    assert_eq!((source.commit, source.parent), (None, None));
    let words = source.git.unwrap();
    assert!(words.contains("your current branch 'main' does not have any commits yet"), "{words}");
}

#[test]
fn the_first_commit_has_no_parent_and_neither_has_the_last_that_a_shallow_clone_knows() {
    let (ours, [first, second]) = repository("ours");
    let clones = tempfile::tempdir().unwrap();
    let address = format!("file://{}", ours.path().display());
    git(clones.path(), &["clone", "--quiet", "--depth=1", &address, "shallow"]);
    let shallow = noted(&clones.path().join("shallow"), &[]);
    assert_eq!((shallow.commit, shallow.parent, shallow.git), (Some(second), None, None));
    git(ours.path(), &["checkout", "--quiet", &first]);
    let source = noted(ours.path(), &[]);
    assert_eq!((source.commit, source.parent, source.git), (Some(first), None, None));
}

#[test]
fn the_compiler_that_is_noted_is_the_one_that_cargo_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let rustc = folder.path().join("rustc");
    // Another process writes the file, so that no fork of this one has it open for writing while it is run.
    let mut copy = Command::new("sh");
    copy.args(["-c", "printf '#!/bin/sh\\necho another compiler $1\\n' > \"$1\"", "sh"]).arg(&rustc);
    assert!(copy.stdin(Stdio::null()).status().unwrap().success());
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
    let source = noted(folder.path(), &[("RUSTC", rustc.into())]);
    assert_eq!(source.rustc.as_deref(), Some("another compiler -vV"));
}
