//! `fanout compare`, `bisect` and `diff` as a user has them, as far as nothing has to be built: exit codes and
//! messages.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use fanout_needs::recorded_run;
use fanout_record::run::Arm;
use fanout_record::{read, write};

fn fanout(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_revision_that_is_not_there_and_a_range_without_a_commit_are_not_comparable() {
    let (code, _, err) = fanout(&["compare", "no-such-branch"]);
    assert!(code == Some(4) && err.contains("no revision `no-such-branch`"), "{err}");
    let (code, _, err) = fanout(&["bisect", "HEAD..HEAD"]);
    assert!(code == Some(4) && err.contains("no commit in HEAD..HEAD"), "{err}");
    let (code, _, err) = fanout(&["compare", "main..HEAD"]);
    assert!(code == Some(2) && err.contains("`cargo fanout bisect main..HEAD`"), "{err}");
    let (code, out, _) = fanout(&["--help"]);
    let three = "  3  the command did its work, and the measurements cannot tell";
    assert!(code == Some(0) && out.contains(three), "{out}");
    let (code, _, err) = fanout(&["compare", "--models", "thread_pool"]);
    assert!(code == Some(2) && err.contains("did you mean `thread-pool`?"), "{err}");
    let (code, _, err) = fanout(&["compare", "--scenarios", "idle"]);
    assert!(code == Some(2) && err.contains("busy, waiting, connecting"), "{err}");
}

#[test]
fn a_recorded_run_is_no_slower_than_itself_and_runs_of_two_machines_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = recorded_run();
    let (code, out, err) = fanout(&["diff", text(&recorded), text(&recorded)]);
    assert!(code == Some(0) && out.contains("hyper server_delay 20: equivalent"), "{code:?} {out}{err}");
    let last = out.lines().last().unwrap();
    let all = out.lines().count() - 1;
    assert!(last.contains(&format!(" equivalent, judged over all {all} together")), "{last}");
    assert!(!out.contains("REGRESSED") && err.contains("at different times"), "{out}{err}");

    let mut other = read::run(&recorded).unwrap();
    other.machine.cores = Some(64);
    let path = folder.path().join("other.json");
    write::create(&path, &other).unwrap();
    let (code, out, err) = fanout(&["diff", text(&recorded), text(&path)]);
    assert!(code == Some(4) && out.is_empty() && err.contains("machine: ") && err.contains("--anyway"), "{err}");
    let (code, out, _) = fanout(&["diff", text(&recorded), text(&path), "--anyway"]);
    assert!(code == Some(0) && out.contains("hyper"), "{out}");

    fs::remove_file(&path).unwrap();
    other.machine = read::run(&recorded).unwrap().machine;
    other.questions.remove(0);
    other.questions[0].scenarios[0].scenario.requests = 7;
    write::create(&path, &other).unwrap();
    let (code, out, err) = fanout(&["diff", text(&recorded), text(&path)]);
    assert!(code == Some(4) && out.is_empty(), "{err}");
    assert!(err.contains("scenarios: only A has ") && err.contains(" requests and 7 requests)"), "{err}");

    fs::write(&path, "{}").unwrap();
    let (code, _, err) = fanout(&["diff", text(&recorded), text(&path)]);
    assert!(code == Some(2) && err.contains("other.json") && err.contains("not a whole run file"), "{err}");
}

#[test]
fn one_slower_arm_of_hundreds_is_told_first_and_decides_and_where_rounds_are_too_few_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = recorded_run();
    let whole = read::run(&recorded).unwrap();
    let changed = |name: &str, change: &dyn Fn(&mut Arm)| {
        let mut run = whole.clone();
        let scenarios = run.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        scenarios.flat_map(|scenario| &mut scenario.arms).for_each(change);
        let path = folder.path().join(name);
        write::create(&path, &run).unwrap();
        path
    };
    let slower = changed("slower.json", &|arm| {
        if arm.label == "hyper" {
            arm.samples.iter_mut().for_each(|sample| sample.wall_ns *= 3);
        }
    });
    let (code, out, err) = fanout(&["diff", text(&recorded), text(&slower)]);
    assert!(
        code == Some(1) && out.starts_with("hyper ") && out.lines().next().unwrap().contains("REGRESSED"),
        "{out}{err}"
    );
    assert!(out.lines().last().unwrap().contains(" REGRESSED, "), "{out}");
    assert!(out.lines().all(|line| !line.contains(": REGRESSED") || line.starts_with("hyper ")), "{out}");

    // Whoever read the first line has seen enough; the verdict is the same.
    let mut compare = Command::new(env!("CARGO_BIN_EXE_fanout"));
    let mut compare = compare.arg("diff").args([&recorded, &slower]).stdout(Stdio::piped()).spawn().unwrap();
    drop(compare.stdout.take());
    assert_eq!(compare.wait().unwrap().code(), Some(1), "the verdict is lost with the pipe");

    let short = changed("short.json", &|arm| arm.samples.truncate(10));
    let (code, out, _) = fanout(&["diff", text(&short), text(&short)]);
    let last = out.lines().last().unwrap();
    assert!(code == Some(3) && last.contains("fewer than the 15 rounds") && last.contains(" equivalent"), "{last}");
    let rayon = changed("without.json", &|arm| arm.label = arm.label.replace("rayon", "another"));
    let (code, _, err) = fanout(&["diff", text(&recorded), text(&rayon)]);
    assert!(
        code == Some(0) && err.contains("note: models: only A has ") && err.contains("only B has another"),
        "{err}"
    );
}
