//! The working tree, where git can't take all of them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::repository::{NO_WORKER, Repository, worker};

#[test]
fn a_file_that_git_cannot_add_is_named() {
    let repository = Repository::new(&worker());
    // A repository without a commit. A file that can't be read would stop anybody but root.
    repository.git(&["init", "--quiet", "vendored"]);
    let state = repository.state();
    let ended = repository.compare(&["one"]);
    ended.names(&["B (working-tree) cannot be compared", "working tree", "'vendored/'", ".gitignore"]);
    assert_eq!(repository.state(), state);
}

#[test]
fn a_submodule_is_told_of_by_its_path() {
    let repository = Repository::new(NO_WORKER);
    repository.git(&["init", "--quiet", "vendored"]);
    repository.git(&["-C", "vendored", "commit", "--quiet", "--allow-empty", "--message", "theirs"]);
    repository.compare(&["working-tree", "one"]).names(&["lacks the files of these submodules: vendored\n", "A ("]);
}

#[test]
fn odd_files_are_taken_as_they_are_and_nothing_is_left_in_the_repository() {
    let repository = Repository::new(&worker());
    repository.write("new.rs", "// untracked\n");
    repository.write("name with\nnewline", "");
    symlink("nowhere", repository.files().join("dangling")).unwrap();
    fs::set_permissions(repository.files().join("Cargo.lock"), fs::Permissions::from_mode(0o755)).unwrap();
    // The second side is no program, so that nothing is measured.
    repository.write("src/main.rs", NO_WORKER);
    let state = repository.state();
    repository.compare(&["one"]).names(&["B (working-tree)", "cannot be measured as a worker", "Welcome"]);
    assert_eq!(repository.state(), state);
    let tree = repository.derived().join("tree");
    assert!(tree.join("new.rs").is_file() && tree.join("name with\nnewline").is_file());
    assert_eq!(fs::read_link(tree.join("dangling")).unwrap().to_str(), Some("nowhere"));
    repository.keeps_nothing_unfinished();
}
