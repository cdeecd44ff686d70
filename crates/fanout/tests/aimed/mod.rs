//! A `fanout` whose workspace's repository is one that a test made: git is found behind a script that names another one.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Lets what this command starts find the repository `git_dir`, and the files in `work_tree` where that is given.
pub(crate) fn at<'a>(command: &'a mut Command, git_dir: &Path, work_tree: Option<&Path>) -> &'a mut Command {
    let mut path = OsString::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aimed:"));
    path.push(env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).env("AIMED_GIT_DIR", git_dir);
    match work_tree {
        Some(work_tree) => command.env("AIMED_WORK_TREE", work_tree),
        None => command.env_remove("AIMED_WORK_TREE"),
    }
}
