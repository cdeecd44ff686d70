//! Asks git about the repository that a folder lies in. Every call that this project makes of git begins here.
//!
//! git reads variables of its environment that name a repository and parts of it, and obeys them before it looks at
//! the folder where it was started. The variables are set in hooks, and whatever a hook starts inherits them.
//! According to githooks(5), a program that asks about another repository must clear them.

pub mod lineage;

use std::path::Path;
use std::process::Command;

use crate::program::{self, Refusal};

/// The variables that are kept from git, because they name another repository than that of the folder, or change what
/// git reads of it.
///
/// - The variables that `git rev-parse --local-env-vars` lists, in this version of git and in earlier ones, except
///   `GIT_CONFIG_COUNT` and `GIT_CONFIG_PARAMETERS`. git itself makes the same exception when it works in a
///   submodule: these two are somebody's configuration, as the global file is, and may hold the `safe.directory` that
///   git asks for.
/// - The variables that change what paths and attributes mean (git(1)).
///
/// `GIT_CEILING_DIRECTORIES` and `GIT_DISCOVERY_ACROSS_FILESYSTEM` are not among them. They say how far up git may
/// look for a repository, and name none.
const NOT_TOLD: [&str; 19] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Makes a git command that looks for its repository in `folder` and above it, whatever the environment says.
#[must_use]
pub fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    within(&mut git, folder);
    git
}

/// Adds the arguments and the environment of [`command`] to a command that ends in `git`.
pub fn within<'a>(git: &'a mut Command, folder: &Path) -> &'a mut Command {
    for name in NOT_TOLD {
        git.env_remove(name);
    }
    git.arg("-C").arg(folder)
}

/// Returns what git answers in `folder`.
///
/// # Errors
/// If there is no git, or if git objects. The error then has git's own words, which often name a remedy.
pub fn said(folder: &Path, arguments: &[&str]) -> Result<String, Refusal> {
    program::said(command(folder).args(arguments))
}

/// The commit that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its id.
    pub commit: String,
    /// The commit's first parent. The first commit has none, and neither has the earliest one that a shallow clone
    /// knows.
    pub parent: Option<String>,
}

/// Returns the commit that is checked out in `folder`.
///
/// # Errors
/// If [`said`] fails, or if there is no commit yet.
pub fn head(folder: &Path) -> Result<Head, Refusal> {
    // Several commands know the head. This one says in words that there is no commit yet.
    let said = said(folder, &["-c", "log.showSignature=false", "log", "--max-count=1", "--format=%H %P"])?;
    let mut ids = said.split_whitespace().map(str::to_owned);
    let commit = ids.next().ok_or_else(|| Refusal::Objected("git names no commit".into()))?;
    Ok(Head { commit, parent: ids.next() })
}

/// Returns the id of the commit that `revision` names. `ask` runs git with the arguments that it is given.
///
/// # Errors
/// If there is no such commit. The error says why, in git's words.
pub fn commit(ask: impl Fn(&[&str]) -> Result<String, Refusal>, revision: &str) -> Result<String, Refusal> {
    let name = format!("{revision}^{{commit}}");
    ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name]).map_err(|refusal| {
        // That command says nothing, or only "Needed a single revision". This one says what is wrong.
        ask(&["rev-list", "--max-count=1", "--end-of-options", revision, "--"]).err().unwrap_or(refusal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_this_git_calls_local_to_a_repository_is_kept_from_it_except_configuration() {
        let listed = program::said(Command::new("git").args(["rev-parse", "--local-env-vars"])).unwrap();
        assert!(listed.lines().any(|name| name == "GIT_DIR"), "{listed}");
        let kept = ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"];
        let told: Vec<&str> =
            listed.lines().filter(|name| !NOT_TOLD.contains(name) && !kept.contains(name)).collect();
        assert_eq!(told, [""; 0]);
        assert!(kept.iter().all(|name| !NOT_TOLD.contains(name)));
    }
}
