//! Runs are in the order of their commits, whenever they were measured and whatever a clock says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fanout_analysis::history::{CommitLinks, Digest, History};
use fanout_record::Run;
use fanout_record::git::lineage::Lineage;
use fanout_record::store::Store;
use fanout_report::notices;
use fanout_report::page::history::of;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Kept, commit, noise, run, run_of, stepped};

/// A day on which all runs of [`stepped`] are over.
fn today() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// When the n-th run of [`stepped`] began.
fn hour(n: usize) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(i64::try_from(n).unwrap())
}

/// The first so many commits, each made ten minutes before it was first measured.
fn line(commits: usize) -> Lineage {
    let made = |n: usize| hour(n) - SignedDuration::from_mins(10);
    Lineage::straight((0..commits).map(|n| (commit(n), made(n))), Some(today()))
}

/// A run again, under another id and at another time.
fn again(mut run: Value, started: &str) -> Value {
    let id = run["id"].as_str().unwrap().replace("01M83", "01N83");
    run["id"] = json!(id);
    run["started"] = json!(started);
    run
}

/// Between which commits there is a change, in all series.
fn changes(history: &History) -> Vec<(Option<String>, Option<String>)> {
    let around = history.changes().map(|(group, series, change)| group.around(series, change));
    around.map(|(last, first)| (last.commit.clone(), first.commit.clone())).collect()
}

fn commits(history: &History) -> Vec<Option<String>> {
    history.groups[0].runs.iter().map(|run| run.commit.clone()).collect()
}

fn page(history: &History) -> String {
    of(history, &CommitLinks::default())
}

#[test]
fn a_step_stays_the_only_one_where_old_commits_are_measured_again_later() {
    let mut runs = stepped(60, 30);
    for n in 0..20 {
        let later = format!("2026-04-{:02}T{:02}:00:00Z", 1 + n / 24, n % 24);
        runs.push(again(run(n, 1.2 * (1.0 + 0.005 * noise(n + 9_000))), &later));
    }
    let kept = Kept::new(&runs);
    let history = kept.history_along(&line(60));
    assert_eq!(changes(&history), [(Some(commit(29)), Some(commit(30)))]);
    let expected: Vec<_> = (0..60).flat_map(|n| vec![Some(commit(n)); if n < 20 { 2 } else { 1 }]).collect();
    assert_eq!(commits(&history), expected);
    let first = &history.groups[0].runs[..2];
    assert!(first[0].started < first[1].started, "the runs of one commit are in the order of the clock");
    assert_eq!((notices::of(&history), history.order.by_clock), (vec![], 0));
    let page = page(&history);
    assert!(!page.contains("ordered by the clock") && !page.contains("by the clock"), "{page}");
}

#[test]
fn a_step_is_found_where_ten_runs_are_dated_a_year_ahead_and_these_are_told() {
    let mut runs = stepped(60, 30);
    for (n, run) in runs.iter_mut().enumerate().skip(10).take(10) {
        run["started"] = json!(format!("2027-01-01T{n:02}:00:00Z"));
    }
    let kept = Kept::new(&runs);
    let history = kept.history_along(&line(60));
    assert_eq!(changes(&history), [(Some(commit(29)), Some(commit(30)))]);
    assert_eq!(commits(&history), (0..60).map(|n| Some(commit(n))).collect::<Vec<_>>());
    let told = notices::of(&history);
    assert_eq!(told.len(), 10, "{told:?}");
    for (told, n) in told.iter().zip(10..) {
        let (path, reason) = told.split_once(' ').unwrap();
        assert!(path.contains(&format!("20270101T{n:02}0000Z")), "{told}");
        let words =
            format!("is used, though it says that it began at 2027-01-01T{n:02}:00:00Z, and now it is 2026-06-01");
        assert!(reason.starts_with(&words) && reason.ends_with("history places the run by its commit"), "{told}");
        assert!(page(&history).contains(reason), "not on the page: {told}");
    }
}

#[test]
fn a_run_from_before_its_commit_was_made_is_told_and_one_that_is_merely_late_or_early_by_minutes_is_not() {
    let mut runs = stepped(40, 25);
    // The clock of a machine without a battery; one that is four minutes late for a commit of ten minutes ago.
    runs[30]["started"] = json!("1970-01-01T00:00:09Z");
    runs[31]["started"] = json!((hour(31) - SignedDuration::from_mins(14)).to_string());
    runs[32]["started"] = json!((today() + SignedDuration::from_mins(4)).to_string());
    let kept = Kept::new(&runs);
    let history = kept.history_along(&line(40));
    assert_eq!(commits(&history), (0..40).map(|n| Some(commit(n))).collect::<Vec<_>>());
    let [told] = &notices::of(&history)[..] else { panic!("{:?}", notices::of(&history)) };
    let words = "began at 1970-01-01T00:00:09Z, and its commit was made at 2026-01-02T05:50:00Z";
    assert!(told.contains(words), "{told}");
    assert_eq!(changes(&history), [(Some(commit(24)), Some(commit(25)))]);
}

#[test]
fn a_commit_that_was_rebased_away_has_its_place_by_the_clock_behind_what_had_been_measured() {
    let mut runs = stepped(40, 25);
    // The first commit was measured again in April, which does not draw anything to it.
    runs.push(again(runs[0].clone(), "2026-04-01T00:00:00Z"));
    let gone = "abcdef0123456789abcdef0123456789abcdef01";
    let mut lost = run(500, 1.5);
    lost["source"]["commit"] = json!(gone);
    lost["started"] = json!("2026-01-02T06:30:00Z");
    runs.push(lost.clone());
    // Measured once more, after everything else: it stays with its commit.
    runs.push(again(lost, "2026-04-02T00:00:00Z"));
    // Without a commit, and older than all.
    let mut nameless = run(501, 1.2);
    nameless["source"]["commit"] = json!(null);
    nameless["started"] = json!("2025-01-02T06:30:00Z");
    runs.push(nameless);
    let history = Kept::new(&runs).history_along(&line(40));
    let mut expected: Vec<Option<String>> = vec![None, Some(commit(0))];
    expected.extend((0..=30).map(|n| Some(commit(n))));
    expected.extend([Some(gone.to_owned()), Some(gone.to_owned())]);
    expected.extend((31..40).map(|n| Some(commit(n))));
    assert_eq!(commits(&history), expected);
    assert_eq!(history.order.by_clock, 3);
    assert!(page(&history).contains("3 of 44 runs are placed among the others by the clock"));
    let one = Kept::new(&stepped(40, 25)).history_along(&line(39));
    assert!(page(&one).contains("1 of 40 runs is placed among the others by the clock"));
}

#[test]
fn without_a_repository_the_clock_decides_between_commits_and_the_page_says_so() {
    let mut runs = stepped(60, 30);
    // A machine whose clock was wrong and that measured a commit again: with the first run of its commit.
    runs.push(again(runs[3].clone(), "2026-04-01T00:00:00Z"));
    let kept = Kept::new(&runs);
    let expected: Vec<_> = (0..60).flat_map(|n| vec![Some(commit(n)); if n == 3 { 2 } else { 1 }]).collect();
    let unknown = kept.history();
    assert_eq!((commits(&unknown), unknown.order.by_clock), (expected.clone(), 61));
    let words = "The runs are ordered by the clock and not by their commits, because ";
    assert!(page(&unknown).contains(&format!("{words}the repository at hand does not know their commits")));

    let nowhere = tempfile::tempdir().unwrap();
    let refused = kept.history_along(&Lineage::of(&nowhere.path().join("gone"), (0..60).map(commit)));
    assert_eq!((commits(&refused), notices::of(&refused)), (expected, vec![]));
    let page = page(&refused);
    assert!(page.contains(words) && page.contains("cannot change to"), "{page}");
}

#[test]
fn an_annotation_holds_where_its_commits_are_measured_again() {
    use fanout_record::store::annotation::Annotation;
    let mut runs = stepped(40, 25);
    // The commit before the range, long after all others.
    runs.push(again(runs[20].clone(), "2026-04-01T00:00:00Z"));
    let kept = Kept::new(&runs);
    kept.annotate(&Annotation { after: Some(commit(20)), ..Annotation::new(commit(30), "a safer way", "somebody") });
    let history = kept.history_along(&line(40));
    let accepted: Vec<_> = history.changes().map(|(_, _, change)| change.accepted.clone()).collect();
    assert_eq!(accepted, [[0]]);
}

/// Which commit a run may be of, if any, and when it may say that it began.
fn any_run() -> impl Strategy<Value = (Option<usize>, String)> {
    let started = prop_oneof![
        6 => (0_usize..40).prop_map(|n| hour(n).to_string()),
        1 => Just("1970-01-01T00:00:00Z".to_owned()),
        1 => Just("2027-01-01T00:00:00+02:00".to_owned()),
        1 => Just("yesterday".to_owned()),
        1 => Just(String::new()),
    ];
    (prop::option::weighted(0.9, 0_usize..12), started)
}

/// Some runs, and the same in another order.
fn any_runs() -> impl Strategy<Value = (Vec<Digest>, Vec<Digest>)> {
    let digest = |(i, (of, started)): (usize, (Option<usize>, String))| {
        let mut run = run_of(i, Vec::new());
        run["source"]["commit"] = json!(of.map(commit));
        run["started"] = json!(started);
        Digest::of(&serde_json::from_value::<Run>(run).unwrap())
    };
    prop::collection::vec(any_run(), 0..30).prop_flat_map(move |runs| {
        let runs: Vec<Digest> = runs.into_iter().enumerate().map(digest).collect();
        (Just(runs.clone()), Just(runs).prop_shuffle())
    })
}

/// Ids, commits and starts, in the order of a history.
fn in_order(runs: Vec<Digest>, lineage: &Lineage) -> Vec<(String, Option<String>, String)> {
    let runs = runs.into_iter().map(|run| (PathBuf::new(), run)).collect();
    let store = Store { runs, annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() };
    let history = History::of(store, None, lineage);
    let runs = history.groups.into_iter().flat_map(|group| group.runs);
    runs.map(|run| (run.id, run.commit, run.started)).collect()
}

/// The commits that are met, each as often as it begins anew.
fn met(ordered: &[(String, Option<String>, String)]) -> Vec<&String> {
    ordered.chunk_by(|a, b| a.1 == b.1).filter_map(|runs| runs[0].1.as_ref()).collect()
}

proptest! {
    #[test]
    fn the_order_is_the_same_however_the_runs_come_and_known_commits_are_in_theirs(
        (runs, shuffled) in any_runs(),
        known in prop::sample::subsequence((0..12).rev().collect::<Vec<usize>>(), 0..=12),
    ) {
        // In another order than that of the clock.
        let line: Vec<String> = known.into_iter().map(commit).collect();
        let lineage = Lineage::straight(line.iter().map(|commit| (commit.clone(), hour(7))), None);
        let ordered = in_order(runs.clone(), &lineage);
        prop_assert_eq!(&in_order(shuffled, &lineage), &ordered);
        prop_assert_eq!(ordered.len(), runs.len());

        let met = met(&ordered);
        let places: Vec<&String> = met.iter().copied().filter(|commit| line.contains(commit)).collect();
        let expected: Vec<&String> = line.iter().filter(|commit| met.contains(commit)).collect();
        prop_assert_eq!(places, expected, "known commits are in another order, or apart");
    }

    #[test]
    fn where_no_commit_is_known_commits_are_in_the_order_of_their_first_runs(
        (runs, shuffled) in any_runs(),
    ) {
        let ordered = in_order(runs, &Lineage::default());
        prop_assert_eq!(&in_order(shuffled, &Lineage::default()), &ordered);
        let bunches = ordered.chunk_by(|a, b| a.1.is_some() && a.1 == b.1);
        let firsts: Vec<Timestamp> = bunches.filter_map(|runs| runs[0].2.parse().ok()).collect();
        prop_assert!(firsts.is_sorted(), "{:?}", ordered);
        let (begun, once) = (met(&ordered), met(&ordered).into_iter().collect::<BTreeSet<_>>());
        prop_assert_eq!(begun.len(), once.len(), "the runs of one commit are apart: {:?}", ordered);
    }
}
