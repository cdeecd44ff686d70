//! Commits as files: one tree under `target/fanout/`, into which one commit after the other is checked out.
//!
//! The same place for all: a path is in what the compiler names and orders by, and identical commits must become
//! identical programs. git's own worktrees are not used, so that nothing in `.git` has to be cleaned up: the tree has
//! an index of its own, beside it, and what is added to it has a place for objects of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, bail};
use fanout_record::git;
use fanout_record::program::{self, Refusal};

use super::{disk, process_group};

/// The name that stands for the files as they are now, committed or not.
pub const WORKING_TREE: &str = "working-tree";

/// Words for whoever has no repository to compare commits of.
const ELSE: &str = "without them, `cargo fanout diff` compares two recorded runs";

/// A repository with the tree that commits are checked out into.
#[derive(Debug)]
pub struct Tree {
    repository: PathBuf,
    folder: PathBuf,
    index: PathBuf,
    /// Objects that are not the repository's, and where those are.
    objects: PathBuf,
    alternates: String,
}

impl Tree {
    /// The tree of `repository` in `derived`.
    ///
    /// # Errors
    /// Where there is no git, or no repository.
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

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// Where a commit's files are once it is checked out.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The commit that `revision` names; for [`WORKING_TREE`] one made of all files that git does not ignore, which
    /// no branch knows of.
    ///
    /// # Errors
    /// Where there is no such revision.
    pub fn commit(&self, revision: &str) -> anyhow::Result<String> {
        if revision == WORKING_TREE {
            return self.snapshot().context("cannot take the working tree as it is now");
        }
        git::commit(|arguments| self.git(arguments), revision)
            .with_context(|| format!("there is no revision `{revision}` here"))
    }

    /// The commits from after `from` to `to`, the earliest first, along first parents.
    ///
    /// # Errors
    /// Where `from` is not in the history of `to`; where git cannot list them.
    pub fn between(&self, from: &str, to: &str) -> anyhow::Result<Vec<String>> {
        if !self.git(&["rev-list", "--max-count=1", &format!("{to}..{from}")])?.is_empty() {
            let (from, to) = (self.describe(from), self.describe(to));
            bail!("{from} is no ancestor of {to}; name the earlier one first, or compare the two as `A B`");
        }
        let listed = self.git(&["rev-list", "--first-parent", "--reverse", &format!("{from}..{to}")])?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// A commit in one line: its first twelve digits and its subject.
    #[must_use]
    pub fn describe(&self, commit: &str) -> String {
        let said = self.git(&["-c", "log.showSignature=false", "log", "-1", "--format=%h %s", "--abbrev=12", commit]);
        said.unwrap_or_else(|_| commit.chars().take(12).collect())
    }

    /// The submodules of a commit, by their paths: their files are not in the tree, nor those of repositories that
    /// lie in the files as they are.
    ///
    /// # Errors
    /// Where git cannot list what is in the commit.
    pub fn submodules(&self, commit: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let entries = listed.split('\0').filter(|entry| entry.starts_with("160000 "));
        Ok(entries.filter_map(|entry| Some(entry.split_once('\t')?.1.to_owned())).collect())
    }

    /// Puts a commit's files into the tree; those that do not differ from what is there are not touched, so that
    /// cargo builds what changed. Nobody else may use the tree meanwhile.
    ///
    /// # Errors
    /// Where git cannot, or somebody asked to end.
    pub fn check_out(&self, commit: &str) -> anyhow::Result<()> {
        // Where git was stopped there may be files that no index knows of, and that no checkout would remove.
        if self.index.with_extension("index.lock").exists() {
            self.clear()?;
        }
        let mut git = process_group::command("git");
        // All files, also where somebody works with few of them.
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

    /// An empty tree, as at first.
    fn clear(&self) -> anyhow::Result<()> {
        let remove = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        remove(&self.index)
            .and_then(|()| fs::remove_dir_all(&self.folder))
            .and_then(|()| fs::create_dir(&self.folder))
            // Last: it says that there is something to clear.
            .and_then(|()| remove(&self.index.with_extension("index.lock")))
            .with_context(|| format!("cannot clear {}", self.folder.display()))
    }

    fn snapshot(&self) -> anyhow::Result<String> {
        // A folder, since git puts a lock beside the index.
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let index = folder.path().join("index");
        // Beginning with the real index spares reading every file.
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
                // The same files are the same commit.
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

    /// In the repository, without leaving anything there.
    fn within<'a>(&self, git: &'a mut Command) -> &'a mut Command {
        git::within(git, &self.repository);
        // Neither a hook nor a watcher is to run for the tree.
        git.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
        // Away from the terminal, a question would stop it for ever.
        git.env("GIT_TERMINAL_PROMPT", "0");
        git.env("GIT_OBJECT_DIRECTORY", &self.objects).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.alternates)
    }
}

/// A folder with objects, as the list of those that git is given beside its own has it: quoted as git unquotes.
fn alternates(own: &str) -> String {
    format!("\"{}\"", own.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Runs what may take a while.
fn ended_well(program: Command) -> anyhow::Result<()> {
    let ended = process_group::run(program)?;
    if !ended.status.success() {
        bail!("{}", ended.said.trim());
    }
    Ok(())
}
