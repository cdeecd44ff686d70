//! A `fanout` whose workspace's repository is one that a test made: git is found behind a script that goes there.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Lets a `fanout` find the repository in this folder.
pub(crate) fn at<'a>(fanout: &'a mut Command, repository: &Path) -> &'a mut Command {
    let mut path = OsString::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aimed:"));
    path.push(env::var_os("PATH").unwrap_or_default());
    fanout.env("PATH", path).env("AIMED_AT", repository)
}

/// A program that meets nobody's git configuration, and no variable that speaks to git.
pub(crate) fn unconfigured(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

/// What git says in this folder, as somebody who works there. What it commits is older than any run of the tests.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = unconfigured("git");
    git.env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
    git.args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-C"]).arg(folder).args(arguments);
    let output = git.output().expect("the tests need git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Makes a bare repository in this folder with so many commits on its branch, which have no files. Gives their ids.
pub(crate) fn repository(folder: &Path, commits: usize) -> Vec<String> {
    git(folder, &["init", "--quiet", "--bare", "--initial-branch=main"]);
    let tree = git(folder, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let mut made: Vec<String> = Vec::new();
    for n in 0..commits {
        let parent: Vec<&str> = made.last().map_or_else(Vec::new, |parent| vec!["-p", parent]);
        made.push(git(folder, &[&["commit-tree", "-m", &n.to_string(), &tree][..], &parent].concat()));
    }
    if let Some(last) = made.last() {
        git(folder, &["update-ref", "refs/heads/main", last]);
    }
    made
}
