//! Tests the order of commits with a real git: lines, branches, merges, commits that were rebased away, and commits
//! that a clone leaves out.

use std::fs;
use std::path::Path;

use fanout_record::git::lineage::Lineage;
use tempfile::TempDir;

use crate::git::git;

/// A repository, and the commits that are made in it. One letter names each commit.
struct Repository {
    folder: TempDir,
    commits: Vec<(char, String)>,
}

impl Repository {
    /// Makes a repository with these commits on `main`.
    fn new(letters: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        let mut repository = Self { folder, commits: Vec::new() };
        repository.commit(letters);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments).trim().to_owned()
    }

    /// Makes these commits, one after the other, on the branch that is checked out.
    fn commit(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.git(&["commit", "--quiet", "--allow-empty", "--message", &letter.to_string()]);
            self.note(letter);
        }
    }

    /// Merges a branch into the one that is checked out.
    fn merge(&mut self, branch: &str, letter: char) {
        self.git(&["merge", "--quiet", "--no-ff", "--message", &letter.to_string(), branch]);
        self.note(letter);
    }

    fn note(&mut self, letter: char) {
        self.commits.push((letter, self.git(&["rev-parse", "HEAD"])));
    }

    /// Makes a new branch that begins at a commit, and checks it out.
    fn branch(&self, name: &str, at: char) {
        self.git(&["switch", "--quiet", "--create", name, self.id(at)]);
    }

    fn switch(&self, name: &str) {
        self.git(&["switch", "--quiet", name]);
    }

    fn id(&self, letter: char) -> &str {
        &self.commits.iter().find(|(known, _)| *known == letter).unwrap().1
    }

    /// Returns the commits that are known, in the order that the repository in `folder` has.
    fn order_in(&self, folder: &Path) -> String {
        let lineage = Lineage::of(folder, self.commits.iter().map(|(_, id)| id.clone()));
        assert_eq!(lineage.refusal(), None);
        let known = self.commits.iter().filter_map(|(letter, id)| Some((lineage.get(id)?.place, *letter)));
        let mut known: Vec<(usize, char)> = known.collect();
        known.sort_unstable();
        known.into_iter().map(|(_, letter)| letter).collect()
    }

    fn order(&self) -> String {
        self.order_in(self.path())
    }
}

#[test]
fn commits_are_in_the_order_of_first_parents_and_branches_come_behind_where_they_left() {
    let mut repository = Repository::new("abcd");
    assert_eq!(repository.order(), "abcd");
    repository.branch("side", 'b');
    repository.commit("xy");
    repository.switch("main");
    repository.commit("e");
    assert_eq!(repository.order(), "abxycde", "a branch that was not merged");
    repository.merge("side", 'm');
    repository.commit("f");
    assert_eq!(repository.order(), "abxycdemf", "the same, once it was merged");
    // The branch merges the line into itself, and goes on. What it contains counts, and not where it began.
    repository.switch("side");
    repository.merge("main", 'n');
    repository.commit("z");
    repository.switch("main");
    repository.commit("g");
    assert_eq!(repository.order(), "abxycdemfnzg");
    // When the branch is checked out, its own first parents are the line.
    repository.switch("side");
    assert_eq!(repository.order(), "abcdexymfgnz");
}

#[test]
fn each_commit_has_the_time_at_which_it_was_made() {
    let mut repository = Repository::new("a");
    let date = "2026-01-02T03:04:05+02:00";
    let mut commit = std::process::Command::new("git");
    commit.args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-C"]).arg(repository.path());
    commit.args(["commit", "--quiet", "--allow-empty", "--message", "b"]).env("GIT_COMMITTER_DATE", date);
    assert!(commit.status().unwrap().success());
    repository.note('b');
    let lineage = Lineage::of(repository.path(), [repository.id('b').to_owned()]);
    let known = lineage.get(repository.id('b')).unwrap();
    assert_eq!((known.place, known.made.to_string().as_str()), (1, "2026-01-02T01:04:05Z"));
    assert!(lineage.now().unwrap() > known.made);
    assert_eq!(lineage.get(repository.id('a')), None, "it was not asked for");
}

#[test]
fn what_was_rebased_away_is_behind_its_merge_base_while_it_is_there_and_unknown_once_it_is_gone() {
    let mut repository = Repository::new("abcd");
    repository.git(&["reset", "--quiet", "--hard", repository.id('b')]);
    repository.commit("ef");
    assert_eq!(repository.order(), "abcdef");
    repository.git(&["reflog", "expire", "--expire=now", "--all"]);
    repository.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(repository.order(), "abef");
}

#[test]
fn a_shallow_clone_knows_what_it_has_and_asks_nobody_for_the_rest() {
    let mut repository = Repository::new("abcdef");
    let clones = tempfile::tempdir().unwrap();
    let address = format!("file://{}", repository.path().display());
    git(clones.path(), &["clone", "--quiet", "--depth=3", &address, "shallow"]);
    assert_eq!(repository.order_in(&clones.path().join("shallow")), "def");
    // This clone would fetch what it lacks. Its origin is a command that notes that it was asked.
    git(repository.path(), &["config", "uploadpack.allowFilter", "true"]);
    git(clones.path(), &["clone", "--quiet", "--depth=3", "--filter=blob:none", &address, "partial"]);
    let partial = clones.path().join("partial");
    let asked = clones.path().join("asked");
    git(&partial, &["config", "remote.origin.url", &format!("ext::sh -c touch% {}", asked.display())]);
    git(&partial, &["config", "protocol.ext.allow", "always"]);
    // The clone gets a commit of its own, which git lists as long as it does not stop at what it lacks.
    let side = git(&partial, &["commit-tree", "-p", "HEAD^", "-m", "x", "HEAD^{tree}"]);
    repository.commits.push(('x', side.trim().to_owned()));
    assert_eq!(repository.order_in(&partial), "dexf");
    assert!(!asked.exists(), "git asked the server");
}

#[test]
fn what_shares_no_history_with_the_line_is_not_known() {
    let mut repository = Repository::new("ab");
    repository.git(&["switch", "--quiet", "--orphan", "other"]);
    repository.commit("xy");
    repository.switch("main");
    assert_eq!(repository.order(), "ab");
    repository.switch("other");
    assert_eq!(repository.order(), "xy");
}

#[test]
fn a_damaged_branch_leaves_the_line_and_a_damaged_line_is_told_in_gits_words() {
    let mut repository = Repository::new("abc");
    repository.branch("side", 'b');
    repository.commit("xy");
    repository.switch("main");
    let lose = |letter: char| {
        let id = repository.id(letter);
        fs::remove_file(repository.path().join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    };
    lose('x');
    assert_eq!(repository.order(), "abc");
    lose('b');
    let lineage = Lineage::of(repository.path(), [repository.id('c').to_owned()]);
    assert_eq!(lineage.get(repository.id('c')), None);
    let words = lineage.refusal().unwrap();
    assert!(words.starts_with("error: Could not read") || words.starts_with("fatal: "), "{words}");
}

#[test]
fn where_there_is_no_repository_or_no_commit_git_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let id = || ["0123456789abcdef0123456789abcdef01234567".to_owned()];
    assert!(Lineage::of(folder.path(), id()).refusal().unwrap().contains("not a git repository"));
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    assert!(Lineage::of(folder.path(), id()).refusal().unwrap().contains("does not have any commits yet"));
    assert_eq!(Lineage::default().refusal(), None);
}

#[test]
fn what_a_run_calls_its_commit_is_no_option_and_no_range() {
    let repository = Repository::new("abc");
    let [a, c] = [repository.id('a').to_owned(), repository.id('c').to_owned()];
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let odd = ["--all", "HEAD", "^HEAD", "main..main", "", "a\nb", &format!("^{c}"), &format!("{a}..{c}"), &c[..12]];
    let wanted = odd.iter().map(|text| (*text).to_owned()).chain([tree, "f".repeat(64), a.clone(), c.clone()]);
    let lineage = Lineage::of(repository.path(), wanted);
    assert_eq!((lineage.get(&a).unwrap().place, lineage.get(&c).unwrap().place), (0, 2));
    assert!(odd.iter().all(|text| lineage.get(text).is_none()));
}
