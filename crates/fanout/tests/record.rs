//! `fanout record` as a user has it: the last run is kept once, whoever else records meanwhile.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aimed;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use fanout_needs::recorded_run;
use fanout_record::{Run, read, store, write};
use serde_json::{Value, json};

/// `fanout record` of the last run in this target folder.
fn record(target: &Path, results: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.args(["record", "--results"]).arg(results).env("CARGO_TARGET_DIR", target);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A target folder whose last run is one that was recorded.
fn target() -> tempfile::TempDir {
    let target = tempfile::tempdir().unwrap();
    let recorded = recorded_run();
    fs::create_dir(target.path().join("fanout")).unwrap();
    fs::copy(recorded, target.path().join("fanout/last-run.json")).unwrap();
    target
}

#[test]
fn of_many_that_record_one_run_at_once_one_does_and_the_others_say_so() {
    let (target, folder) = (target(), tempfile::tempdir().unwrap());
    let results = folder.path().join("results");
    let children: Vec<_> = (0..20).map(|_| record(target.path(), &results).spawn().unwrap()).collect();
    let mut printed = Vec::new();
    for child in children {
        match said(child.wait_with_output().unwrap()) {
            (Some(0), out, _) => printed.push(out.trim_end().to_owned()),
            (code, out, err) => {
                assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
                assert!(err.contains("recorded already"), "{err}");
            }
        }
    }
    let store = store::load(&results);
    assert_eq!(store.bad, []);
    let kept: Vec<_> = store.runs.iter().map(|(path, _)| path.display().to_string()).collect();
    assert_eq!((kept.len(), kept), (1, printed));
    assert_eq!(store.runs[0].1, read::run(&target.path().join("fanout/last-run.json")).unwrap());
}

#[test]
fn a_history_of_what_was_recorded_need_not_read_it_again() {
    let (target, folder) = (target(), tempfile::tempdir().unwrap());
    let results = folder.path().join("results");
    let (code, _, err) = said(record(target.path(), &results).output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    let kept = target.path().join("fanout/history");
    let [entry] = &fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()[..] else {
        panic!("not one entry in {}", kept.display())
    };
    // Taken from there indeed.
    let changed = fs::read_to_string(entry).unwrap().replace("\"hyper\"", "\"from the cache\"");
    fs::write(entry, changed).unwrap();
    let repository = tempfile::tempdir().unwrap();
    aimed::repository(repository.path(), 1);
    let mut history = aimed::unconfigured(env!("CARGO_BIN_EXE_fanout"));
    aimed::at(&mut history, repository.path());
    history.args(["history", "--results"]).arg(&results).env("CARGO_TARGET_DIR", target.path());
    let (code, page, err) = said(history.output().unwrap());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(fs::read_to_string(page.trim()).unwrap().contains("from the cache"));
}

#[test]
fn what_cannot_be_recorded_is_said_with_what_stands_in_the_way() {
    let (target, folder) = (target(), tempfile::tempdir().unwrap());
    let blocked = folder.path().join("file");
    fs::write(&blocked, "what was there").unwrap();
    let (code, out, err) = said(record(target.path(), &blocked).output().unwrap());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("cannot record into") && err.contains("Not a directory"), "{err}");
    assert_eq!(fs::read_to_string(&blocked).unwrap(), "what was there");

    let last = target.path().join("fanout/last-run.json");
    let results = folder.path().join("results");
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..whole.len() / 2]).unwrap();
    for words in ["not a whole run file", "No such file"] {
        let (code, _, err) = said(record(target.path(), &results).output().unwrap());
        assert!(code == Some(2) && err.contains("last-run.json") && err.contains(words), "{err}");
        assert!(!results.exists());
        let _ = fs::remove_file(&last);
    }
}

#[test]
fn what_git_did_not_tell_is_noted_with_gits_own_words() {
    let remedy = "fatal: detected dubious ownership\n\tgit config --global --add safe.directory /a/folder";
    let cases = [
        (
            json!(null),
            json!(null),
            Some(remedy),
            "git did not tell which commit was measured: fatal: detected dubious",
        ),
        (json!(null), json!(false), Some("fatal: no commit yet"), "which commit was measured: fatal: no commit yet"),
        (json!("0123456789abcdef"), json!(null), Some("fatal: index file corrupt"), "whether tracked files differed"),
        // A run from before git's words were noted.
        (json!(null), json!(null), None, "git did not tell which commit was measured"),
    ];
    for (commit, dirty, git, words) in cases {
        let (target, folder) = (target(), tempfile::tempdir().unwrap());
        let last = target.path().join("fanout/last-run.json");
        let mut run: Value = serde_json::from_slice(&fs::read(&last).unwrap()).unwrap();
        let source = run["source"].as_object_mut().unwrap();
        source.extend([("commit".into(), commit), ("dirty".into(), dirty)]);
        source.extend(git.map(|words| ("git".into(), json!(words))));
        fs::write(&last, run.to_string()).unwrap();
        let (code, _, err) = said(record(target.path(), folder.path()).output().unwrap());
        assert!(code == Some(0) && err.starts_with("note: ") && err.contains(words), "{err}");
        assert!(git.is_none_or(|words| err.contains(words)), "{err}");
    }
}

#[test]
fn a_run_that_was_cut_short_needs_a_flag_and_one_without_samples_is_refused() {
    let (target, folder) = (target(), tempfile::tempdir().unwrap());
    let (results, last) = (folder.path().join("results"), target.path().join("fanout/last-run.json"));
    let whole = read::run(&last).unwrap();
    let cut = |run: &mut Run| run.questions[0].scenarios[0].planned = Some(1_000);
    let unmeasured = |run: &mut Run| {
        run.questions[0].scenarios.pop();
        run.questions[0].unmeasured = vec!["cold_start".into()];
    };
    let failed = |run: &mut Run| {
        let arm = &mut run.questions[0].scenarios[0].arms[1];
        arm.samples.truncate(3);
        arm.failure = Some("its worker was killed".into());
    };
    for (n, shorten) in [&cut as &dyn Fn(&mut Run), &unmeasured, &failed].into_iter().enumerate() {
        let mut run = whole.clone();
        run.id = format!("PARTIAL{n}");
        shorten(&mut run);
        write::replace(&last, &run).unwrap();
        let (code, out, err) = said(record(target.path(), &results).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains("note: the run is partial: ") && err.contains("--partial"), "{err}");
        assert!(!results.exists(), "it is recorded all the same");
    }
    let (code, out, err) = said(record(target.path(), &results).arg("--partial").arg(&last).output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    assert!(read::run(out.trim_end().as_ref()).unwrap().is_partial());

    let mut empty = whole;
    empty.questions.iter_mut().flat_map(|it| &mut it.scenarios).for_each(|it| it.arms.clear());
    write::replace(&last, &empty).unwrap();
    let (code, _, err) = said(record(target.path(), &results).arg("--partial").output().unwrap());
    assert!(code == Some(2) && err.contains("no samples"), "{err}");
    assert_eq!(store::load(&results).runs.len(), 1);
}
