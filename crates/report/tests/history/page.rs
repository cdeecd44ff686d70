//! What the page says, links to and leaves out; how large it gets.

use std::fs;
use std::path::PathBuf;

use fanout_analysis::history::{ArmNames, CommitLinks, Digest, Distance, History, ScenarioDigest};
use fanout_record::Run;
use fanout_record::git::lineage::Lineage;
use fanout_record::run::Role;
use fanout_record::store::annotation::Annotation;
use fanout_record::store::{Bad, Store};
use fanout_report::page::history::of;
use regex::Regex;
use serde_json::{Value, json};

use crate::fixture::{Kept, arm, commit, file, history, noise, question, run, run_of, stepped};

fn page(runs: &[Value]) -> String {
    of(&history(runs), &CommitLinks::default())
}

/// Without tags, as a reader has it.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    let words = Regex::new("<[^>]*>").unwrap().replace_all(body, "").into_owned();
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_change_is_said_first_with_model_scenario_size_commit_and_confidence() {
    let said = text(&page(&stepped(40, 25)));
    assert!(said.contains("40 runs on 1 machine, from 2026-01-01T00:00:00Z to 2026-01-02T15:00:00Z"), "{said}");
    assert!(said.contains("1 change, 0 accepted, in 1 of 2 series"), "{said}");
    let (first, last) = (&commit(25)[..12], &commit(24)[..12]);
    // The first sentence is the answer.
    let latest = format!("What changedThe latest change came with commit {first}, ");
    assert!(said.contains(&latest), "{said}");
    let headline =
        r"first measured at 2026-01-02T01:00:00Z: moved takes 2[45]\.\d % longer than before in server_delay 5\.";
    assert!(Regex::new(headline).unwrap().is_match(&said), "{said}");
    let heading = format!("Commit {first}, first measured at 2026-01-02T01:00:00Z: 1 slower");
    assert!(said.contains(&heading), "{said}");
    let levels =
        r"moved takes 2[45]\.\d % longer than before in server_delay 5: from 1\.\d+ to 1\.\d+ times the floor's time";
    let runs = format!("25 runs before it, the last of commit {last}, and 15 from it on\\.");
    let sentence = Regex::new(&format!("{levels} \\(p < 1e-15\\); {runs}"));
    assert!(sentence.unwrap().is_match(&said), "{said}");
    assert!(!said.contains("Nothing changed"), "{said}");
}

#[test]
fn where_nothing_changed_it_says_so_and_how_many_runs_it_takes_where_there_are_fewer() {
    let enough = text(&page(&stepped(40, 99)));
    assert!(enough.contains("Nothing changed: no change of level was found in 2 series"), "{enough}");
    assert!(enough.contains("No change is marked.") && !enough.contains("too few runs"), "{enough}");
    let few = text(&page(&stepped(3, 99)));
    assert!(few.contains("No change has been found yet in 2 series") && !few.contains("Nothing changed"), "{few}");
    assert!(few.contains("There are too few runs to say more: 2 of 2 series have fewer than 20 runs"), "{few}");
    assert!(few.contains("2 have fewer than 40, which it takes to see a drift. The longest has 3."), "{few}");
    let some = text(&page(&stepped(30, 99)));
    assert!(some.contains("There are too few runs to say more: 2 have fewer than 40"), "{some}");
    assert!(text(&page(&stepped(1, 99))).contains("1 run on 1 machine"));
}

#[test]
fn changes_stand_under_their_commits_the_latest_first_and_the_largest_first_in_each() {
    let said = text(&page(&stepped_twice(65)));
    let place = |words: &str| said.find(words).unwrap_or_else(|| panic!("no {words:?} in {said}"));
    let headings = [45, 20].map(|n| format!("Commit {}, first measured at", &commit(n)[..12]));
    assert!(place(&headings[0]) < place(&headings[1]), "{said}");
    assert!(said.contains("1 slower, 1 faster"), "{said}");
    assert!(said.contains("and 1 other figure changed with it."), "{said}");
    let of_one = &said[place(&headings[0])..place(&headings[1])];
    assert!(of_one.find("large takes").unwrap() < of_one.find("small takes").unwrap(), "{of_one}");
}

/// `large` becomes slower at run 20 and faster at 45, where `small` becomes slower.
fn stepped_twice(runs: usize) -> Vec<Value> {
    let of = |n: usize| {
        let (large, small) = if n < 20 {
            (1.2, 1.2)
        } else if n < 45 {
            (1.5, 1.2)
        } else {
            (1.1, 1.3)
        };
        let at = |floors: f64, seed: usize| 10.0 * floors * (1.0 + 0.005 * noise(n + seed));
        let arms = vec![
            arm("floor", "floor", 10.0),
            arm("large", "model", at(large, 0)),
            arm("small", "model", at(small, 999)),
        ];
        run_of(n, vec![question("server_delay", arms)])
    };
    (0..runs).map(of).collect()
}

#[test]
fn an_accepted_change_has_its_reason_and_other_annotations_are_shown_apart() {
    let kept = Kept::new(&stepped(40, 25));
    kept.annotate(&Annotation::new(commit(25), "a safer <way> to read", "somebody"));
    kept.annotate(&Annotation::new(commit(3), "nothing of this is seen", "another"));
    let page = of(&kept.history(), &CommitLinks::default());
    let said = text(&page);
    assert!(said.contains("1 change, 1 accepted, in 1 of 2 series"), "{said}");
    assert!(said.contains("Accepted changes") && !said.contains("Commit by commit"), "{said}");
    assert!(said.contains("Accepted by somebody: a safer <way> to read"), "{said}");
    assert!(said.contains("accepted by somebody: a safer <way> to read"), "not in the table: {said}");
    assert!(
        said.contains("1 annotation for a change that is not marked") && said.contains("nothing of this is seen"),
        "{said}"
    );
}

#[test]
fn commits_are_links_where_an_address_is_known_and_changed_trees_are_told_of() {
    let mut runs = stepped(40, 25);
    runs[25]["source"]["dirty"] = json!(true);
    runs[25]["questions"][0]["unmeasured"] = json!(["server_delay 0"]);
    runs[24]["source"]["commit"] = json!("\"><script>window.hacked=1</script>");
    runs[23]["source"]["commit"] = json!(null);
    let kept = Kept::new(&[]);
    for run in &runs {
        // What cannot be part of a file's name cannot be stored; somebody may have.
        let path = kept.results().join(format!("runs/{}.json", run["id"].as_str().unwrap()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, run.to_string()).unwrap();
    }
    let links = CommitLinks { commits: Some("https://host.invalid/o/r/commit/".into()) };
    let page = of(&kept.history(), &links);
    let link = format!("<a href=\"https://host.invalid/o/r/commit/{}\"><code>", commit(25));
    assert!(page.contains(&link), "no link");
    assert!(text(&page).contains(&format!("with commit {} (changed tree) (partial run)", &commit(25)[..12])));
    assert!(text(&page).contains("no commit"));
    assert!(!page.contains("<script>window"), "text became a script");
    assert!(!Regex::new("href=\"[^\"]*(hacked|script)").unwrap().is_match(&page), "text became an address");
    assert!(!of(&kept.history(), &CommitLinks::default()).contains("host.invalid"));
    // A ring for the changed tree, a dot for each other run.
    assert_eq!(page.matches("<circle").count(), 80);
    let rings = Regex::new("<circle [^>]*fill=\"none\" stroke=\"#030303\"").unwrap();
    assert_eq!(rings.find_iter(&page).count(), 2);
}

#[test]
fn two_runs_of_one_commit_are_not_taken_for_a_change_of_the_code() {
    let mut runs = stepped(40, 25);
    runs[25]["source"]["commit"] = json!(commit(24));
    let said = text(&page(&runs));
    assert!(said.contains("Both are of the same commit.") && said.contains("the same commit before and behind it"));
}

#[test]
fn a_bad_file_is_named_with_the_reason_and_the_rest_is_used() {
    let kept = Kept::new(&stepped(40, 25));
    let bad = file(&kept.results(), 5);
    fs::write(&bad, "<img src=x>").unwrap();
    let said = text(&of(&kept.history(), &CommitLinks::default()));
    let name = bad.file_name().unwrap().to_str().unwrap();
    assert!(said.contains(&format!("{name} is not a whole run file")), "{said}");
    assert!(said.contains("39 runs on 1 machine") && said.contains("1 change,"), "{said}");
    assert!(text(&page(&stepped(2, 9))).contains("Every file could be used."));
}

#[test]
fn hostile_text_is_escaped_wherever_it_is() {
    let hostile = "</script><script>window.hacked=1</script>\"><img src=x onerror=window.hacked=1>";
    let runs: Vec<Value> = (0..40)
        .map(|n| {
            let moved = if n < 20 { 12.0 } else { 15.0 } * (1.0 + 0.005 * noise(n));
            let arms = vec![arm("floor", "floor", 10.0), arm(hostile, "model", moved)];
            let mut run = run_of(n, vec![question(hostile, arms)]);
            run["questions"][0]["scenarios"][0]["scenario"]["parameter"] = json!(hostile);
            run["questions"][0]["scenarios"][0]["server"] = json!(hostile);
            run["source"]["rustc"] = json!(hostile);
            run["machine"]["processor"] = json!(hostile);
            run["machine"]["kernel"] = json!(hostile);
            run
        })
        .collect();
    let kept = Kept::new(&runs);
    kept.annotate(&Annotation::new(commit(20), hostile, hostile));
    kept.annotate(&Annotation::new("abcdef012", hostile, hostile));
    fs::write(kept.results().join("runs/<img src=x>.json"), "no run").unwrap();
    let page = of(&kept.history(), &CommitLinks::default());
    let own = Regex::new("</?(script|style)[^>]*>").unwrap();
    let tags: Vec<&str> = own.find_iter(&page).map(|found| found.as_str()).collect();
    assert_eq!(tags, ["<style>", "</style>", "<script>", "</script>"]);
    assert!(!page.contains("<img"));
    assert!(page.matches("&lt;script&gt;window.hacked=1&lt;/script&gt;").count() > 10);
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_long_history_is_drawn_with_merged_points() {
    let few = page(&(0..100).map(|n| run(n, 1.2 * (1.0 + 0.01 * noise(n)))).collect::<Vec<_>>());
    let many = page(&(0..900).map(|n| run(n, 1.2 * (1.0 + 0.01 * noise(n)))).collect::<Vec<_>>());
    let longest = |page: &str| {
        let lines = Regex::new("<polyline[^>]* points=\"([^\"]*)\"").unwrap();
        lines.captures_iter(page).map(|line| line[1].split_whitespace().count()).max().unwrap()
    };
    assert_eq!((longest(&few), longest(&many)), (100, 180));
    assert!(!many.contains("<circle"), "a dot for each of 900 runs");
}

#[test]
fn a_page_of_the_most_that_there_can_be_stays_below_10_mb_and_says_what_is_left_out() {
    // Of 30 toolchains, 437 series each, of as many runs as have a dot of their own; every second has steps.
    let models: Vec<ArmNames> = (0..19)
        .map(|i| ArmNames { label: format!("model-of-long-name-{i}"), model: "m".into(), role: Role::Model })
        .collect();
    let scenarios = |n: usize| {
        let floors = |scenario: usize, i: usize| {
            let step = if i.is_multiple_of(2) && (n / 30).is_multiple_of(2) { 1.3 } else { 1.0 };
            Distance(
                i,
                (1.5 * step * (1.0 + 0.01 * noise(n * 500 + scenario * 19 + i))) as f32,
                Some((1.4, 1.6)),
                Some(40.0),
            )
        };
        let measured = |scenario: usize| ScenarioDigest {
            question: format!("question-{}", scenario / 4),
            parameter: scenario.to_string(),
            server: "wiremock".into(),
            conditions: Vec::new(),
            rounds: 10,
            disturbed: 0,
            again: None,
            arms: (0..19).map(|i| floors(scenario, i)).collect(),
        };
        (0..23).map(measured).collect::<Vec<_>>()
    };
    let digest = |n: usize| {
        let run: Run = serde_json::from_value(run_of(n, Vec::new())).unwrap();
        let toolchain = Some(format!("rustc 1.{}.0", n / 60));
        Digest { toolchain, models: models.clone(), scenarios: scenarios(n), ..Digest::of(&run) }
    };
    let runs = (0..30 * 60).map(|n| (PathBuf::new(), digest(n))).collect();
    let bad = (0..2_000).map(|n| Bad { path: format!("results/runs/{n}.json").into(), reason: "is bad".into() });
    let store = Store { runs, annotations: Vec::new(), machines: Vec::new(), bad: bad.collect() };
    let history = History::of(store, None, &Lineage::default());
    assert!(history.series().count() == 30 * 437 && history.changes().count() > 4_000);
    let page = of(&history, &CommitLinks { commits: Some("https://host.invalid/owner/repository/commit/".into()) });
    println!("{} bytes", page.len());
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    assert!(page.matches("<figure>").count() >= 437);
    for left_out in ["... and 1500 more", "more are not drawn", "... and 60 more, left out here"] {
        assert!(text(&page).contains(left_out), "{left_out}");
    }
}
