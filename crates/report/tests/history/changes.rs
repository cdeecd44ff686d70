//! What is found: steps where they are, drifts, and nothing where nothing is; machines and toolchains apart.

use fanout_analysis::history::{Group, History, Series};
use fanout_record::git::lineage::Lineage;
use fanout_record::store::annotation::Annotation;
use serde_json::{Value, json};

use crate::fixture::{Kept, arm, commit, history, noise, question, run, run_of, stepped};

fn series<'a>(history: &'a History, label: &str) -> (&'a Group, &'a Series) {
    history.series().find(|(_, series)| series.label == label).unwrap()
}

#[test]
fn a_step_is_found_at_its_commit_with_its_size_and_a_steady_model_has_none() {
    let history = history(&stepped(40, 25));
    let (group, moved) = series(&history, "moved");
    let [change] = &moved.changes[..] else { panic!("{:?}", moved.changes) };
    assert!((change.percent() - 25.0).abs() < 0.5, "{}", change.percent());
    assert!(change.found.p_value < 1e-15, "{}", change.found.p_value);
    let (last, first) = group.around(moved, change);
    assert_eq!((last.commit.clone(), first.commit.clone()), (Some(commit(24)), Some(commit(25))));
    assert_eq!((change.found.before.points, change.found.after.points), (25, 15));
    // A third of 12 and of 15 ms for 100 requests, on a floor that varies: about 40 and 50 us.
    let (before, behind) = (moved.cpu(change, false).unwrap(), moved.cpu(change, true).unwrap());
    assert!((30.0..50.0).contains(&before) && (40.0..65.0).contains(&behind), "{before} {behind}");
    let (_, steady) = series(&history, "steady");
    assert_eq!((steady.points.len(), steady.changes.len()), (40, 0));
    assert!((steady.points[7].ratio - 1.1).abs() < 0.006);
    assert!(history.series().all(|(_, series)| series.label != "floor"));
}

#[test]
fn runs_are_in_order_of_time_whatever_their_files_are_called_and_only_what_was_measured_counts() {
    let mut runs = stepped(12, 99);
    runs[3]["questions"][0]["scenarios"][0]["arms"][2]["failure"] = json!("an answer came twice");
    runs[4]["questions"][0]["scenarios"][0]["arms"][0]["failure"] = json!("no answer");
    runs[5]["questions"] = json!([]);
    runs.reverse();
    let kept = Kept::new(&runs);
    let earliest = crate::fixture::file(&kept.results(), 0);
    std::fs::rename(&earliest, earliest.with_file_name("z.json")).unwrap();
    let history = kept.history();
    let of = |label| series(&history, label).1.points.iter().map(|point| point.run).collect::<Vec<_>>();
    assert_eq!(of("moved"), [0, 1, 2, 6, 7, 8, 9, 10, 11]);
    assert_eq!(of("steady"), [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]);
    assert_eq!(history.groups[0].runs[0].commit, Some(commit(0)));
    let told = fanout_report::notices::of(&history);
    assert!(told.len() == 1 && told[0].contains("z.json "), "{told:?}");
}

#[test]
fn machines_toolchains_flags_and_servers_stay_apart() {
    // Every second run is of another machine, at twice the distance: together they would be no series at all.
    let with = |n: usize, key: fn(&mut Value)| {
        let mut run = run(n, if n.is_multiple_of(2) { 1.2 } else { 2.4 } * (1.0 + 0.005 * noise(n)));
        if n % 2 == 1 {
            key(&mut run);
        }
        run
    };
    let machine: fn(&mut Value) = |run| run["machine"]["cores"] = json!(64);
    let toolchain: fn(&mut Value) = |run| run["source"]["rustc"] = json!("rustc 1.96.0\nhost: x");
    let flags: fn(&mut Value) = |run| run["source"]["flags"] = json!("-C target-cpu=native");
    for key in [machine, toolchain, flags] {
        let history = history(&(0..40).map(|n| with(n, key)).collect::<Vec<_>>());
        assert_eq!(history.groups.iter().map(|group| group.runs.len()).collect::<Vec<_>>(), [20, 20]);
        assert_eq!(history.groups[0].runs[19].commit, Some(commit(39)), "the newest is not first");
        assert!(history.series().all(|(_, series)| series.points.len() == 20 && series.changes.is_empty()));
    }
    let server: fn(&mut Value) = |run| run["questions"][0]["scenarios"][0]["server"] = json!("hyper");
    let history = history(&(0..40).map(|n| with(n, server)).collect::<Vec<_>>());
    assert_eq!((history.groups.len(), history.series().count()), (1, 4));
    assert_eq!(history.changes().count(), 0);
}

#[test]
fn scenarios_of_one_name_that_asked_for_something_else_stay_apart_and_say_what() {
    /// The place of an odd run's scenario, and of its question.
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, [&str; 2]); 7] = [
        (|scenario, _| scenario["delay_ns"] = json!(2_500_000), ["delay 5 ms", "delay 2.5 ms"]),
        (|scenario, _| scenario["requests"] = json!(50), ["100 requests", "50 requests"]),
        (|scenario, _| scenario["protocol"] = json!("http2"), ["each model's own protocol", "HTTP/2"]),
        (|scenario, _| scenario["tls"] = json!(true), ["no TLS", "TLS"]),
        (|scenario, _| scenario["start"] = json!("cold"), ["warm", "cold"]),
        (
            |_, question| {
                question["scenarios"][0]["transport"] = json!({ "carrier": "relay", "congestion": "reno" });
            },
            ["no carrier known", "carried by the relay with the congestion control reno"],
        ),
        (|_, question| question["awake"] = json!(true), ["processors may sleep", "processors awake"]),
    ];
    for (change, [usual, other]) in cases {
        let quick = |n: usize| {
            // A quick profile's run of the notebook after twenty of the default's.
            let mut run = run(n, if n < 20 { 1.2 } else { 2.4 } * (1.0 + 0.005 * noise(n)));
            let question = &mut run["questions"][0];
            question["name"] = json!("notebook");
            question["scenarios"][0]["scenario"]["parameter"] = json!("");
            if n >= 20 {
                let mut scenario = question["scenarios"][0]["scenario"].take();
                change(&mut scenario, question);
                question["scenarios"][0]["scenario"] = scenario;
            }
            run
        };
        let history = history(&(0..40).map(quick).collect::<Vec<_>>());
        let titles: Vec<String> = history.series().map(|(_, series)| series.scenario()).collect();
        let title = |said: &str| format!("notebook, {said}");
        assert_eq!(titles, [title(usual), title(usual), title(other), title(other)]);
        assert!(history.series().all(|(_, series)| series.points.len() == 20), "{titles:?}");
        assert_eq!(history.changes().count(), 0, "{titles:?}");
    }
    // Where there is nothing to tell apart, a title has the name alone.
    assert!(history(&stepped(3, 9)).series().all(|(_, series)| series.scenario() == "server_delay 5"));
}

#[test]
fn a_model_with_another_number_of_workers_is_another_series_and_the_others_go_on() {
    let of_fleet = |n: usize| {
        let mut run = run(n, if n < 20 { 1.2 } else { 2.4 } * (1.0 + 0.005 * noise(n)));
        let arms = run["questions"][0]["scenarios"][0]["arms"].as_array_mut().unwrap();
        let moved = arms.iter_mut().find(|arm| arm["label"] == "moved").unwrap();
        moved["workers"] = json!(if n < 20 { 4 } else { 2 });
        run
    };
    let history = history(&(0..40).map(of_fleet).collect::<Vec<_>>());
    let mut series: Vec<(&str, &str, usize)> =
        history.series().map(|(_, it)| (it.label.as_str(), it.model.as_str(), it.points.len())).collect();
    series.sort_unstable();
    let moved = [("moved with 2 workers", "moved", 20), ("moved with 4 workers", "moved", 20)];
    assert_eq!(series, [moved[0], moved[1], ("steady", "steady", 40)]);
    assert_eq!(history.changes().count(), 0);
}

#[test]
fn one_machine_is_shown_alone_when_it_is_asked_for() {
    let mut runs = stepped(6, 99);
    runs[1]["machine"]["cores"] = json!(64);
    let kept = Kept::new(&runs);
    let all = kept.history();
    let id = all.groups.iter().find(|group| group.machine.cores == Some(64)).unwrap().id.clone();
    let lineage = Lineage::default();
    let one = History::of(fanout_analysis::history::load(&kept.results(), &kept.cache()), Some(&id), &lineage);
    assert_eq!((one.runs(), one.groups[0].machine.cores), (1, Some(64)));
    let none = History::of(fanout_analysis::history::load(&kept.results(), &kept.cache()), Some("another"), &lineage);
    assert_eq!(none.runs(), 0);
}

#[test]
fn a_drift_too_slow_for_a_step_is_seen_against_the_first_runs() {
    let drifting: Vec<Value> =
        (0..300).map(|n| run(n, 1.2 * (1.0 + 0.0002 * n as f64) * (1.0 + 0.01 * noise(n)))).collect();
    let history = history(&drifting);
    let (_, moved) = series(&history, "moved");
    let (drift, (low, high)) = moved.drifted().unwrap();
    assert!((4.5..6.5).contains(&drift) && low > 0.0 && high > drift, "{drift} {low} {high}");
    assert_eq!(series(&history, "steady").1.drifted(), None);
    let short: Vec<Value> = drifting.into_iter().take(39).collect();
    assert!(series(&crate::fixture::history(&short), "moved").1.drift.is_none());
}

#[test]
fn of_noise_alone_nothing_is_marked() {
    let arms = |n: usize| {
        let model = |i: usize| arm(&format!("m{i}"), "model", 12.0 * (1.0 + 0.02 * noise(n * 50 + i)));
        std::iter::once(arm("floor", "floor", 10.0)).chain((0..15).map(model)).collect()
    };
    let runs: Vec<Value> = (0..100).map(|n| run_of(n, vec![question("server_delay", arms(n))])).collect();
    let history = history(&runs);
    assert_eq!((history.series().count(), history.changes().count()), (15, 0));
    assert!(history.series().all(|(_, series)| series.drifted().is_none()));
}

#[test]
fn an_annotation_accepts_the_change_that_it_names_and_no_other() {
    let runs = stepped(40, 25);
    let named = |commit: String, change: fn(&mut Annotation)| {
        let mut said = Annotation::new(commit, "a safer way to read", "somebody");
        change(&mut said);
        said
    };
    let as_it_is: fn(&mut Annotation) = |_| {};
    let after: fn(&mut Annotation) = |said| said.after = Some(commit(20));
    let cases = [
        (named(commit(25), as_it_is), true, "the first commit with it"),
        (named(commit(25)[..7].into(), as_it_is), true, "the same, cut"),
        (named(commit(24), as_it_is), false, "the last without it"),
        (named(commit(30), as_it_is), false, "a later one"),
        (named(commit(30), after), true, "a range over it"),
        (named(commit(24), after), false, "a range before it"),
        (named(commit(30), |said| said.after = Some(commit(25))), false, "a range behind it"),
        // Not measured; known to lie between by its beginning alone.
        (named("abcdef0123".into(), |said| said.after = Some(commit(24))), true, "from the last without it"),
        (named("abcdef0123".into(), as_it_is), false, "unknown"),
        (named(commit(25), |said| said.model = Some("moved".into())), true, "this model"),
        (named(commit(25), |said| said.model = Some("steady".into())), false, "another model"),
        (named(commit(25), |said| said.question = Some("server_delay".into())), true, "this question"),
        (named(commit(25), |said| said.question = Some("protocol".into())), false, "another question"),
        (named(commit(25), |said| said.machine = Some("0123456789ab".into())), false, "another machine"),
    ];
    for (annotation, accepts, why) in cases {
        let kept = Kept::new(&runs);
        kept.annotate(&annotation);
        let history = kept.history();
        let (_, _, change) = history.changes().next().unwrap();
        assert_eq!(change.accepted, if accepts { vec![0] } else { vec![] }, "{why}");
    }

    // A commit between two that were measured is known where it is the parent of the second.
    let mut runs = runs;
    runs[25]["source"]["parent"] = json!("abcdef0123456789abcdef0123456789abcdef01");
    let kept = Kept::new(&runs);
    kept.annotate(&named("abcdef0123".into(), as_it_is));
    assert_eq!(kept.history().changes().next().unwrap().2.accepted, [0]);
}
