//! Checks commits out as files. One commit after the other is checked out into one tree under `target/fanout/`.
//!
//! The place is the same for all commits, because a path is part of what the compiler names and orders things by, and
//! identical commits must become identical programs. git's own worktrees are not used, so that nothing in `.git` has
//! to be cleaned up. The tree has an index of its own, beside it, and a place of its own for the objects that are
//! added.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, bail};
use fanout_harness::{disk, process_group};
use fanout_record::git;
use fanout_record::program::{self, Refusal};

/// The name that stands for the files as they are now, committed or not.
pub const WORKING_TREE: &str = "working-tree";

/// Tells a user who has no repository with commits to compare what to do instead.
const ELSE: &str = "without them, `cargo fanout diff` compares two recorded runs";

/// A repository with the tree that commits are checked out into.
#[derive(Debug)]
pub struct Tree {
    repository: PathBuf,
    folder: PathBuf,
    index: PathBuf,
    /// The folder for objects that are not in the repository. `alternates` names the repository's own folder.
    objects: PathBuf,
    alternates: String,
}

impl Tree {
    /// Makes the tree of `repository` in `derived`.
    ///
    /// # Errors
    /// If there is no git or no repository.
    pub fn new(repository: &Path, derived: &Path) -> anyhow::Result<Self> {
        let own = git::said(repository, &["rev-parse", "--path-format=absolute", "--git-path", "objects"])
            .with_context(|| format!("comparing commits needs git and a repository; {ELSE}"))?;
        let tree = Self {
            repository: repository.into(),
            folder: derived.join("tree"),
            index: derived.join("tree.index"),
            objects: derived.join("objects"),
            alternates: alternates(&own),
        };
        for folder in [&tree.folder, &tree.objects] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(tree)
    }

    /// The folder of the repository.
    #[must_use]
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// The folder that holds a commit's files once it is checked out.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the commit that `revision` names. For [`WORKING_TREE`], this is a commit made of all files that git
    /// does not ignore, and no branch contains it.
    ///
    /// # Errors
    /// If there is no such revision.
    pub fn commit(&self, revision: &str) -> anyhow::Result<String> {
        if revision == WORKING_TREE {
            return self.snapshot().context("cannot take the working tree as it is now");
        }
        git::commit(|arguments| self.git(arguments), revision)
            .with_context(|| format!("there is no revision `{revision}` here"))
    }

    /// Returns the commits after `from` up to `to`, the earliest first, along first parents.
    ///
    /// # Errors
    /// If `from` is not in the history of `to`, or if git cannot list the commits.
    pub fn between(&self, from: &str, to: &str) -> anyhow::Result<Vec<String>> {
        if !self.git(&["rev-list", "--max-count=1", &format!("{to}..{from}")])?.is_empty() {
            let (from, to) = (self.describe(from), self.describe(to));
            bail!("{from} is no ancestor of {to}; name the earlier one first, or compare the two as `A B`");
        }
        let listed = self.git(&["rev-list", "--first-parent", "--reverse", &format!("{from}..{to}")])?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// Describes a commit in one line: its first twelve digits and its subject.
    #[must_use]
    pub fn describe(&self, commit: &str) -> String {
        let said = self.git(&["-c", "log.showSignature=false", "log", "-1", "--format=%h %s", "--abbrev=12", commit]);
        said.unwrap_or_else(|_| commit.chars().take(12).collect())
    }

    /// Returns the paths of a commit's submodules. Their files are not in the tree, and neither are those of other
    /// repositories that lie in the working tree.
    ///
    /// # Errors
    /// If git cannot list what is in the commit.
    pub fn submodules(&self, commit: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let entries = listed.split('\0').filter(|entry| entry.starts_with("160000 "));
        Ok(entries.filter_map(|entry| Some(entry.split_once('\t')?.1.to_owned())).collect())
    }

    /// Puts a commit's files into the tree. Files that do not differ from what is there are not touched, so that
    /// cargo builds only what changed. Nobody else may use the tree meanwhile.
    ///
    /// # Errors
    /// If git cannot do it, or if somebody asked to end.
    pub fn check_out(&self, commit: &str) -> anyhow::Result<()> {
        // If git was stopped, there may be files that no index knows of, and that no checkout would remove.
        if self.index.with_extension("index.lock").exists() {
            self.clear()?;
        }
        let mut git = process_group::command("git");
        // This checks out all files, even if somebody works with few of them.
        self.within(&mut git).args(["-c", "core.sparseCheckout=false", "read-tree", "--reset", "-u", commit]);
        git.env("GIT_WORK_TREE", &self.folder).env("GIT_INDEX_FILE", &self.index);
        ended_well(git).or_else(|error| {
            let full = disk::full(&self.folder);
            self.clear()?;
            let error = full.into_iter().fold(error, anyhow::Error::context);
            let (what, folder) = (self.describe(commit), self.folder.display());
            Err(error.context(format!("cannot check out {what} into {folder}")))
        })
    }

    /// Makes the tree empty, as it was at first.
    fn clear(&self) -> anyhow::Result<()> {
        let remove = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        remove(&self.index)
            .and_then(|()| fs::remove_dir_all(&self.folder))
            .and_then(|()| fs::create_dir(&self.folder))
            // This file goes last, because it says that there is something to clear.
            .and_then(|()| remove(&self.index.with_extension("index.lock")))
            .with_context(|| format!("cannot clear {}", self.folder.display()))
    }

    fn snapshot(&self) -> anyhow::Result<String> {
        // This is a folder, since git puts a lock beside the index.
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let index = folder.path().join("index");
        // If git begins with the real index, it does not have to read every file.
        let real = PathBuf::from(self.git(&["rev-parse", "--path-format=absolute", "--git-path", "index"])?);
        if real.is_file() {
            fs::copy(&real, &index).with_context(|| format!("cannot copy {}", real.display()))?;
        }
        let mut git = process_group::command("git");
        self.within(&mut git).args(["add", "--all", ":/"]).env("GIT_INDEX_FILE", &index);
        ended_well(git).context("git cannot add one of them; what is to be left out belongs into .gitignore")?;
        let with_index = |arguments: &[&str]| {
            let mut git = self.command(arguments);
            git.env("GIT_INDEX_FILE", &index);
            for role in ["AUTHOR", "COMMITTER"] {
                git.env(format!("GIT_{role}_NAME"), "fanout").env(format!("GIT_{role}_EMAIL"), "fanout@localhost");
                // With a fixed date, the same files are the same commit.
                git.env(format!("GIT_{role}_DATE"), "2000-01-01T00:00:00Z");
            }
            program::said(&mut git)
        };
        let tree = with_index(&["write-tree"])?;
        let head = self.git(&["rev-parse", "--verify", "--quiet", "HEAD"]);
        let parent: Vec<String> = head.map(|head| vec!["-p".into(), head]).unwrap_or_default();
        let parent: Vec<&str> = parent.iter().map(String::as_str).collect();
        Ok(with_index(&[&["commit-tree", "-m", "files as they are", &tree][..], &parent].concat())?)
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Refusal> {
        program::said(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        self.within(&mut git).args(arguments);
        git
    }

    /// Makes a git command work in the repository without leaving anything there.
    fn within<'a>(&self, git: &'a mut Command) -> &'a mut Command {
        git::within(git, &self.repository);
        // Neither a hook nor a watcher may run for the tree.
        git.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
        // git runs away from the terminal, where a question would stop it for ever.
        git.env("GIT_TERMINAL_PROMPT", "0");
        git.env("GIT_OBJECT_DIRECTORY", &self.objects).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.alternates)
    }
}

/// Quotes a folder of objects as git unquotes it in the list of folders that it is given beside its own.
fn alternates(own: &str) -> String {
    format!("\"{}\"", own.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Runs a program that may take a while, and fails if the program does.
fn ended_well(program: Command) -> anyhow::Result<()> {
    let ended = process_group::run(program)?;
    if !ended.status.success() {
        bail!("{}", ended.said.trim());
    }
    Ok(())
}
