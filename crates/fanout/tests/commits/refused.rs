//! What keeps two revisions from being programs: named, with the side and with what git or the compiler said.

use std::fs;

use crate::repository::{Ended, NO_WORKER, Repository, worker};

#[test]
fn without_git_or_a_repository_it_says_what_is_needed() {
    let repository = Repository::new(NO_WORKER);
    let nowhere = tempfile::tempdir().unwrap();
    let mut command = repository.command(&["one", "one"]);
    let ended = Ended::from(command.env("PATH", nowhere.path()).output().unwrap());
    ended.names(&["needs git and a repository", "cannot run git: No such file", "compares two recorded runs"]);
    let mut command = repository.command(&["one", "one"]);
    let ended = Ended::from(command.env("AIMED_AT", nowhere.path()).output().unwrap());
    ended.names(&["needs git and a repository", "not a git repository", "compares two recorded runs"]);
    assert!(ended.out.is_empty());
}

#[test]
fn a_revision_that_does_not_build_is_named_with_its_side_and_its_error() {
    let repository = Repository::new("fn main() { printer(); }\n");
    repository.commit("whole", &worker());
    let state = repository.state();
    let ended = repository.compare(&["one", "whole"]);
    ended.names(&["A (one) cannot be compared", " one does not build", "error[E0425]", "printer"]);
    let ended = repository.compare(&["whole", "one"]);
    ended.names(&["B (one) cannot be compared", " one does not build", "error[E0425]", "printer"]);
    // In a range, the first is A.
    let ended = repository.compare(&["one..whole"]);
    ended.names(&["A (", " one does not build", "printer"]);
    assert_eq!(repository.state(), state);
    assert_eq!(repository.listed("programs").len(), 1, "the side that does build is kept, and nothing else");
    repository.keeps_nothing_unfinished();
}

#[test]
fn a_revision_that_does_not_check_out_is_named_and_leaves_no_file_to_the_next() {
    let repository = Repository::new(NO_WORKER);
    // Files that would be in the way of another revision's build, were they left; the last of them can't be read.
    repository.write("build.rs", "fn main() { panic!(\"a file of another revision\"); }\n");
    repository.write("z.txt", "its object will be lost");
    let object = repository.git(&["hash-object", "z.txt"]);
    repository.commit("two", NO_WORKER);
    fs::remove_file(repository.files().join(".git/objects").join(&object[..2]).join(&object[2..])).unwrap();
    let ended = repository.compare(&["two", "one"]);
    ended.names(&["A (two) cannot be compared", "cannot check out", " two into ", &object]);
    // The other one builds.
    repository.compare(&["one", "one"]).names(&["A (one)", "cannot be measured as a worker"]);
    assert!(!repository.derived().join("tree/build.rs").exists());
    repository.keeps_nothing_unfinished();
}
