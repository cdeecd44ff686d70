//! Commits as files: one tree under `target/fanout/`, into which one commit after the other is checked out.
//!
//! The same place for all: a path is in what the compiler names and orders by, and identical commits must become identical
//! programs. git's own worktrees are not used, so that nothing in `.git` has to be cleaned up: the tree has an index of its
//! own, beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The name that stands for the files as they are now, committed or not.
pub const WORKING_TREE: &str = "working-tree";

/// A repository with the tree that commits are checked out into.
#[derive(Debug)]
pub struct Tree {
    repository: PathBuf,
    folder: PathBuf,
    index: PathBuf,
}

impl Tree {
    /// The tree of `repository` in `derived`.
    ///
    /// # Errors
    /// Where there is no git, or no repository.
    pub fn new(repository: &Path, derived: &Path) -> anyhow::Result<Self> {
        let tree =
            Self { repository: repository.into(), folder: derived.join("tree"), index: derived.join("tree.index") };
        tree.git(&["rev-parse", "--git-dir"]).context("comparing commits needs git and a repository")?;
        std::fs::create_dir_all(&tree.folder).with_context(|| format!("cannot make {}", tree.folder.display()))?;
        Ok(tree)
    }

    /// Where a commit's files are once it is checked out.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The commit that `revision` names; for [`WORKING_TREE`] one made of all files that git does not ignore, which no
    /// branch knows of.
    ///
    /// # Errors
    /// Where there is no such revision.
    pub fn commit(&self, revision: &str) -> anyhow::Result<String> {
        if revision == WORKING_TREE {
            return self.snapshot().context("cannot take the files as they are now");
        }
        let name = format!("{revision}^{{commit}}");
        self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name])
            .with_context(|| format!("there is no revision `{revision}` here"))
    }

    /// The commits from after `from` to `to`, the earliest first, along first parents.
    ///
    /// # Errors
    /// Where git cannot list them.
    pub fn between(&self, from: &str, to: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.git(&["rev-list", "--first-parent", "--reverse", &format!("{from}..{to}")])?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// A commit in one line: its first twelve digits and its subject.
    #[must_use]
    pub fn describe(&self, commit: &str) -> String {
        let said = self.git(&["log", "-1", "--format=%h %s", "--abbrev=12", commit]);
        said.unwrap_or_else(|_| commit.chars().take(12).collect())
    }

    /// Puts a commit's files into the tree; those that do not differ from what is there are not touched, so that cargo
    /// builds what changed.
    ///
    /// # Errors
    /// Where git cannot.
    pub fn check_out(&self, commit: &str) -> anyhow::Result<()> {
        // An index that was left in the middle of something is made anew.
        let _ = std::fs::remove_file(self.index.with_extension("index.lock"));
        let mut git = self.command(&["read-tree", "--reset", "-u", commit]);
        git.env("GIT_WORK_TREE", &self.folder).env("GIT_INDEX_FILE", &self.index);
        said(git).map(drop).with_context(|| format!("cannot check out {commit}"))
    }

    fn snapshot(&self) -> anyhow::Result<String> {
        let index = tempfile::NamedTempFile::new()?;
        // Beginning with the real index spares reading every file.
        let real = PathBuf::from(self.git(&["rev-parse", "--path-format=absolute", "--git-path", "index"])?);
        if real.is_file() {
            std::fs::copy(&real, index.path())?;
        } else {
            std::fs::remove_file(index.path())?;
        }
        let with_index = |arguments: &[&str]| {
            let mut git = self.command(arguments);
            git.env("GIT_INDEX_FILE", index.path());
            for role in ["AUTHOR", "COMMITTER"] {
                git.env(format!("GIT_{role}_NAME"), "fanout").env(format!("GIT_{role}_EMAIL"), "fanout@localhost");
                // The same files are the same commit.
                git.env(format!("GIT_{role}_DATE"), "2000-01-01T00:00:00Z");
            }
            said(git)
        };
        with_index(&["add", "--all", ":/"])?;
        let tree = with_index(&["write-tree"])?;
        let head = self.git(&["rev-parse", "--verify", "--quiet", "HEAD"]);
        let parent: Vec<String> = head.map(|head| vec!["-p".into(), head]).unwrap_or_default();
        let parent: Vec<&str> = parent.iter().map(String::as_str).collect();
        with_index(&[&["commit-tree", "-m", "files as they are", &tree][..], &parent].concat())
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<String> {
        said(self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.repository).args(arguments);
        git
    }
}

/// What a program says, where it is content.
fn said(mut program: Command) -> anyhow::Result<String> {
    let output = program.stdin(Stdio::null()).output().with_context(|| format!("cannot run {program:?}"))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
