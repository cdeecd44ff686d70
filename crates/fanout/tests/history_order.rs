//! `fanout history`, and `export --history`, along the commits of a real git: what is measured again, what a shallow
//! clone lacks, what a clock got wrong.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aimed;
#[path = "../../report/tests/history/fixture.rs"]
#[expect(dead_code, reason = "the tests of the page need more of it")]
mod fixture;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use aimed::{git, unconfigured};
use fixture::{Kept, run, stepped};

const RUNS: usize = 40;
const STEP: usize = 25;

/// A repository with a commit for each run of a store, in which one made a model slower.
struct Measured {
    repository: TempDir,
    commits: Vec<String>,
    runs: Vec<Value>,
}

impl Measured {
    fn new() -> Self {
        let repository = tempfile::tempdir().unwrap();
        let commits = aimed::repository(repository.path(), RUNS);
        let mut runs = stepped(RUNS, STEP);
        for (run, commit) in runs.iter_mut().zip(&commits) {
            run["source"]["commit"] = json!(commit);
        }
        Self { repository, commits, runs }
    }

    /// What a `fanout` prints, and what it says, whose workspace has this repository.
    fn fanout(&self, arguments: &[&str], repository: &Path) -> (String, String) {
        let kept = Kept::new(&self.runs);
        let mut command = unconfigured(env!("CARGO_BIN_EXE_fanout"));
        command.args(arguments).arg("--results").arg(kept.results());
        aimed::at(&mut command, repository).env("CARGO_TARGET_DIR", kept.folder.path().join("target"));
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(0), "{err}");
        // The page is gone with the folder.
        let out = if arguments == ["history"] { fs::read_to_string(out).unwrap() } else { out };
        (out, err)
    }

    fn history(&self) -> (String, String) {
        self.fanout(&["history"], self.repository.path())
    }
}

/// Whether the page has the step at its commit and no other change.
#[track_caller]
fn has_the_step(page: &str, measured: &Measured) {
    let (last, first) = (&measured.commits[STEP - 1][..12], &measured.commits[STEP][..12]);
    assert!(page.contains("1 change, 0 accepted"), "another number of changes");
    assert!(page.contains(&format!("came with commit <code>{first}</code>")), "not at its commit");
    assert!(page.contains(&format!("the last of commit <code>{last}</code>")), "not behind the commit before");
}

#[test]
fn old_commits_that_are_measured_again_are_where_they_belong_on_the_page_and_in_the_export() {
    let mut measured = Measured::new();
    for n in 0..20 {
        let mut again = run(n, 1.2);
        again["source"]["commit"] = json!(measured.commits[n]);
        again["started"] = json!(format!("2026-04-01T{n:02}:00:00Z"));
        again["id"] = json!(format!("01N83ARPHYSBBJVA28E97{n:05}"));
        measured.runs.push(again);
    }
    let (page, err) = measured.history();
    assert_eq!(err, "");
    has_the_step(&page, &measured);
    assert!(!page.contains("by the clock") && !page.contains("ordered by the clock"));

    let (table, err) = measured.fanout(&["export", "--history", "--format", "csv"], measured.repository.path());
    assert_eq!(err, "");
    let moved = table.lines().filter(|line| line.contains(",moved,"));
    let commits: Vec<&str> = moved.map(|line| line.split(',').nth(2).unwrap()).collect();
    let twice = |(n, commit): (usize, &'_ String)| vec![commit.clone(); if n < 20 { 2 } else { 1 }];
    assert_eq!(commits, measured.commits.iter().enumerate().flat_map(twice).collect::<Vec<_>>());
}

#[test]
fn of_a_shallow_clone_the_page_says_which_runs_have_their_place_by_the_clock() {
    let measured = Measured::new();
    let clones = tempfile::tempdir().unwrap();
    let address = format!("file://{}", measured.repository.path().display());
    git(clones.path(), &["clone", "--quiet", "--bare", "--depth=10", &address, "shallow"]);
    let (page, err) = measured.fanout(&["history"], &clones.path().join("shallow"));
    assert_eq!(err, "");
    has_the_step(&page, &measured);
    assert!(page.contains("30 of 40 runs are placed among the others by the clock"), "{page}");
}

#[test]
fn a_run_that_is_dated_in_the_future_is_told_on_the_page_and_on_the_terminal_and_keeps_its_place() {
    let mut measured = Measured::new();
    measured.runs[3]["started"] = json!("2426-01-01T00:00:00Z");
    let (page, err) = measured.history();
    has_the_step(&page, &measured);
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(
        err.contains("/24260101T000000Z-") && err.contains("began at 2426-01-01T00:00:00Z, and now it is"),
        "{err}"
    );
    assert!(page.contains("began at 2426-01-01T00:00:00Z, and now it is"));
}

#[test]
fn where_git_tells_no_order_its_words_are_on_the_page_and_on_the_terminal() {
    let measured = Measured::new();
    let nowhere = tempfile::tempdir().unwrap();
    let (page, err) = measured.fanout(&["history"], nowhere.path());
    has_the_step(&page, &measured);
    let said =
        "the runs are ordered by the clock, because git did not report the order of their commits: fatal: not a git";
    assert!(err.starts_with(&format!("note: {said}")), "{err}");
    assert!(page.contains("The runs are ordered by the clock") && page.contains("fatal: not a git repository"));
}
