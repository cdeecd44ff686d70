//! Finds the order in which commits follow each other in a repository, so that runs can be put in order.
//!
//! The line consists of the commit that is checked out, its first parent, the first parent of that commit, and so on.
//! It is what a branch was, one state after the other. A commit that is not on the line, but shares history with it,
//! comes right behind the last commit of the line that it contains, which is their merge base. That holds whether or
//! not its branch was merged. Several commits behind one commit of the line stay in an order in which no commit is
//! before its parents.
//!
//! Nothing is known about commits that the repository does not have, such as commits that were rebased away or lie
//! beyond the end of a shallow clone, nor about commits that share no history with the line.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;

use crate::git;
use crate::program::{self, Refusal};

/// What is known about the order of some commits. The default knows about none.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    commits: HashMap<String, Known>,
    refusal: Option<String>,
    now: Option<Timestamp>,
}

/// What is known about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The commit's place. A later commit has a higher one.
    pub place: usize,
    /// When the commit was made, by the clock of the person who made it.
    pub made: Timestamp,
}

impl Lineage {
    /// Asks git about these commits in the repository of `folder`. If git cannot say anything, nothing is known, and
    /// [`refusal`](Self::refusal) says why.
    #[must_use]
    pub fn of(folder: &Path, commits: impl IntoIterator<Item = String>) -> Self {
        let wanted: HashSet<String> = commits.into_iter().filter(|commit| is_whole(commit)).collect();
        let known = git::head(folder).and_then(|head| {
            // If a side branch is damaged, the line can still be listed.
            let listed =
                list(folder, &head.commit, &wanted).or_else(|_| list(folder, &head.commit, &HashSet::new()))?;
            Ok(places(&listed, &head.commit))
        });
        let now = Some(Timestamp::now());
        match known {
            Ok(mut commits) => {
                commits.retain(|commit, _| wanted.contains(commit));
                Self { commits, refusal: None, now }
            }
            Err(refusal) => Self { commits: HashMap::new(), refusal: Some(refusal.to_string()), now },
        }
    }

    /// Makes a lineage of these commits, the earliest first, each with the time at which it was made. `now` is the
    /// current time, if runs from after it are to be recognised.
    #[must_use]
    pub fn straight(commits: impl IntoIterator<Item = (String, Timestamp)>, now: Option<Timestamp>) -> Self {
        let known = |(place, (commit, made))| (commit, Known { place, made });
        Self { commits: commits.into_iter().enumerate().map(known).collect(), refusal: None, now }
    }

    /// Returns what is known about a commit, by its whole id.
    #[must_use]
    pub fn get(&self, commit: &str) -> Option<Known> {
        self.commits.get(commit).copied()
    }

    /// Returns why git says nothing about any commit, in git's own words.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Returns the time at which git was asked, or the one that [`straight`](Self::straight) was given.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

/// Returns whether this is the whole id of a commit. A run may have any text as its commit, and git would take some
/// texts for an option or for a range.
fn is_whole(commit: &str) -> bool {
    matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Lists the history of `head` and of those of the `wanted` commits that exist. There is one line for each commit,
/// and children come before their parents.
fn list(folder: &Path, head: &str, wanted: &HashSet<String>) -> Result<String, Refusal> {
    let mut tips: Vec<&str> = wanted.iter().map(String::as_str).collect();
    // The tips are sorted, so that git is asked the same question each time: it lists commits that have no other
    // order in the order of the tips.
    tips.sort_unstable();
    let mut git = git::command(folder);
    // Without this, git in a clone that leaves out objects would ask its server for the missing ones.
    git.env("GIT_NO_LAZY_FETCH", "1");
    git.args(["rev-list", "--topo-order", "--timestamp", "--parents", "--ignore-missing", "--stdin"]);
    program::answered(&mut git, format!("{head}\n{}\n", tips.join("\n")).as_bytes())
}

/// Finds the place of each commit that shares history with `head`. `listed` is what `git rev-list` printed: the time,
/// the id and the parents' ids of each commit, children before their parents.
fn places(listed: &str, head: &str) -> HashMap<String, Known> {
    let commits: Vec<Commit<'_>> = listed.lines().rev().filter_map(Commit::parse).collect();
    let index: HashMap<&str, usize> = commits.iter().enumerate().map(|(i, commit)| (commit.id, i)).collect();
    let first_parent = |i: &usize| commits[*i].parents.first().and_then(|parent| index.get(parent)).copied();
    let mut line: Vec<usize> = std::iter::successors(index.get(head).copied(), first_parent).collect();
    line.reverse();
    let on_line: HashMap<usize, usize> = line.into_iter().enumerate().map(|(at, i)| (i, at)).collect();

    // `base` has the last commit of the line that each commit is or contains. Parents come first here.
    let mut base: Vec<Option<usize>> = Vec::with_capacity(commits.len());
    for (i, commit) in commits.iter().enumerate() {
        let of_parents = || commit.parents.iter().filter_map(|parent| base.get(*index.get(parent)?).copied()?).max();
        base.push(on_line.get(&i).copied().or_else(of_parents));
    }
    let mut order: Vec<(usize, bool, usize)> =
        base.iter().enumerate().filter_map(|(i, base)| Some(((*base)?, !on_line.contains_key(&i), i))).collect();
    order.sort_unstable();
    let known = |(place, (_, _, i)): (usize, (usize, bool, usize))| {
        (commits[i].id.to_owned(), Known { place, made: commits[i].made })
    };
    order.into_iter().enumerate().map(known).collect()
}

/// One line of git's list.
struct Commit<'a> {
    made: Timestamp,
    id: &'a str,
    parents: Vec<&'a str>,
}

impl<'a> Commit<'a> {
    /// Parses a line, or returns `None` if it is not such a line. A time that a [`Timestamp`] cannot hold becomes the
    /// earliest time.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let made = words.next()?.parse().ok().and_then(|made| Timestamp::from_second(made).ok());
        Some(Self { made: made.unwrap_or(Timestamp::MIN), id: words.next()?, parents: words.collect() })
    }
}
