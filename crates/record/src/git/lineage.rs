//! In what order commits follow each other, as the repository at hand tells it, for whoever puts runs in order.
//!
//! The line is that of the first parents of the commit that is checked out: what a branch was, one state after the
//! other. A commit that is not on it, but shares history with it, comes right behind the last commit of the line that
//! it contains, which is their merge base. That holds for a branch that was merged as well as for one that was not.
//! Several behind one commit of the line stay in an order in which no commit is before its parents.
//!
//! Nothing is known of commits that the repository does not have, such as those that were rebased away or lie beyond
//! the end of a shallow clone, nor of those that share no history with the line.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;

use crate::git;
use crate::program::{self, Refusal};

/// What is known of the order of some commits. The default knows none.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    commits: HashMap<String, Known>,
    refusal: Option<String>,
    now: Option<Timestamp>,
}

/// What is known of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its place: that of a later commit is higher.
    pub place: usize,
    /// When it was made, by the clock of whoever made it.
    pub made: Timestamp,
}

impl Lineage {
    /// What git says of these commits in the repository of `folder`. Where git cannot say anything, nothing is known,
    /// and [`refusal`](Self::refusal) says why.
    #[must_use]
    pub fn of(folder: &Path, commits: impl IntoIterator<Item = String>) -> Self {
        let wanted: HashSet<String> = commits.into_iter().filter(|commit| is_whole(commit)).collect();
        let known = git::head(folder).and_then(|head| {
            // Where a side branch is damaged, the line is known all the same.
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

    /// These commits, the earliest first, with the time at which each was made; and the time that it is now, where
    /// runs from after it are to be told.
    #[must_use]
    pub fn straight(commits: impl IntoIterator<Item = (String, Timestamp)>, now: Option<Timestamp>) -> Self {
        let known = |(place, (commit, made))| (commit, Known { place, made });
        Self { commits: commits.into_iter().enumerate().map(known).collect(), refusal: None, now }
    }

    /// What is known of a commit, by its whole id.
    #[must_use]
    pub fn get(&self, commit: &str) -> Option<Known> {
        self.commits.get(commit).copied()
    }

    /// Why git says nothing of any commit, in its own words.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// When it was asked for.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

/// Whether this is the whole id of a commit: what a run says of its commit may be any text, and git would take some
/// of it for an option or for a range.
fn is_whole(commit: &str) -> bool {
    matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The history of `head` and of those of the `wanted` commits that are there: a line a commit, children before their
/// parents.
fn list(folder: &Path, head: &str, wanted: &HashSet<String>) -> Result<String, Refusal> {
    let mut tips: Vec<&str> = wanted.iter().map(String::as_str).collect();
    // The same question each time: what is in no order otherwise is in that of its tips.
    tips.sort_unstable();
    let mut git = git::command(folder);
    // A clone that leaves out objects would ask its server for those that are missing.
    git.env("GIT_NO_LAZY_FETCH", "1");
    git.args(["rev-list", "--topo-order", "--timestamp", "--parents", "--ignore-missing", "--stdin"]);
    program::answered(&mut git, format!("{head}\n{}\n", tips.join("\n")).as_bytes())
}

/// Where each commit that shares history with `head` has its place, by what `git rev-list` listed of them: the time,
/// the id and the parents' ids of each, children before their parents.
fn places(listed: &str, head: &str) -> HashMap<String, Known> {
    let commits: Vec<Commit<'_>> = listed.lines().rev().filter_map(Commit::parse).collect();
    let index: HashMap<&str, usize> = commits.iter().enumerate().map(|(i, commit)| (commit.id, i)).collect();
    let first_parent = |i: &usize| commits[*i].parents.first().and_then(|parent| index.get(parent)).copied();
    let mut line: Vec<usize> = std::iter::successors(index.get(head).copied(), first_parent).collect();
    line.reverse();
    let on_line: HashMap<usize, usize> = line.into_iter().enumerate().map(|(at, i)| (i, at)).collect();

    // The last commit of the line that each one is or contains; parents come first.
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

/// A line of what git lists.
struct Commit<'a> {
    made: Timestamp,
    id: &'a str,
    parents: Vec<&'a str>,
}

impl<'a> Commit<'a> {
    /// `None` of what is no such line. A time beyond all calendars is the earliest.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let made = words.next()?.parse().ok().and_then(|made| Timestamp::from_second(made).ok());
        Some(Self { made: made.unwrap_or(Timestamp::MIN), id: words.next()?, parents: words.collect() })
    }
}
