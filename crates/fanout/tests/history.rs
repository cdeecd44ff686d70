//! `fanout history`, and `export --history`, as a user has them: a page, its path, bad files named, and when there is
//! nothing to show.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aimed;

use std::fs;
use std::path::Path;

use fanout_needs::recorded_run;
use fanout_record::paths::results;
use fanout_record::{Run, read, store};

/// A run that is kept in results/.
fn recorded() -> Run {
    read::run(&recorded_run()).unwrap()
}

/// The verb with these arguments, and a target folder of its own.
fn history(target: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    fanout(target, &[&["history"], arguments].concat())
}

/// `export --history` with these arguments.
fn export(target: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    fanout(target, &[&["export", "--history"], arguments].concat())
}

fn fanout(target: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    // In a repository that knows none of the recorded commits.
    let repository = tempfile::tempdir().unwrap();
    aimed::repository(repository.path(), 1);
    let mut command = aimed::unconfigured(env!("CARGO_BIN_EXE_fanout"));
    aimed::at(&mut command, repository.path());
    let output = command.args(arguments).env("CARGO_TARGET_DIR", target).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_page_of_what_is_recorded_is_in_the_target_folder_with_what_was_kept_beside_it() {
    let target = tempfile::tempdir().unwrap();
    let (code, out, err) = history(target.path(), &[]);
    let page = target.path().join("fanout/history.html");
    assert_eq!((code, out.trim(), err.as_str()), (Some(0), text(&page), ""));
    let first = fs::read_to_string(&page).unwrap();
    assert!(first.starts_with("<!DOCTYPE html>") && first.contains("There are too few runs to say more"));
    let runs = store::runs(&results()).unwrap().len();
    assert_eq!(fs::read_dir(target.path().join("fanout/history")).unwrap().count(), runs);
    // The same again, now of what was kept.
    fs::remove_file(&page).unwrap();
    assert_eq!(history(target.path(), &[]).0, Some(0));
    assert_eq!(fs::read_to_string(&page).unwrap(), first);
}

#[test]
fn a_folder_a_file_a_machine_and_an_address_are_as_asked_for() {
    let target = tempfile::tempdir().unwrap();
    let results = results();
    let newest = recorded();
    let page = target.path().join("a page.html");
    let (results, machine) = (text(&results), newest.machine.id());
    let address = "https://host.invalid/o/r/commit/";
    let asked = ["--results", results, "-o", text(&page), "--machine", &machine, "--commit-url", address];
    let (code, out, err) = history(target.path(), &asked);
    assert_eq!((code, out.trim()), (Some(0), text(&page)), "{err}");
    let said = fs::read_to_string(&page).unwrap();
    assert!(said.contains(&format!("href=\"{address}{}\"", newest.source.commit.unwrap())), "no link");
    assert!(said.contains(" on 1 machine, "), "other machines are shown");
    assert!(!target.path().join("fanout/history.html").exists());

    let (code, out, err) = history(target.path(), &["--commit-url", "javascript:alert(1)//"]);
    assert!(code == Some(2) && out.is_empty() && err.contains("neither https:// nor http://"), "{err}");
}

#[test]
fn bad_files_are_named_one_a_line_and_the_rest_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let newest = recorded();
    let whole = store::put(&results, &newest).unwrap();
    let (cut, later) = (whole.with_file_name("cut.json"), whole.with_file_name("later.json"));
    let bytes = fs::read(&whole).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(&later, "{\"schema\":99}").unwrap();
    let (code, out, err) = history(folder.path(), &["--results", text(&results)]);
    assert_eq!((code, out.lines().count(), err.lines().count()), (Some(0), 1, 2), "{out}{err}");
    for (path, words) in [(&cut, "is not a whole run file"), (&later, "use a later version")] {
        assert!(err.lines().any(|line| line.starts_with(text(path)) && line.contains(words)), "{err}");
        assert!(fs::read_to_string(out.trim()).unwrap().contains(text(path)), "not on the page");
    }

    fs::remove_file(&whole).unwrap();
    fs::remove_file(out.trim()).unwrap();
    let (code, nothing, err) = history(folder.path(), &["--results", text(&results)]);
    assert_eq!((code, nothing.as_str(), err.lines().count()), (Some(2), "", 3), "{err}");
    assert!(err.contains("cut.json") && err.contains("error: no run in"), "{err}");
    assert!(!Path::new(out.trim()).exists());
}

#[test]
fn a_run_of_a_debug_build_is_no_figure_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let mut run = recorded();
    store::put(&results, &run).unwrap();
    (run.id, run.source.debug) = (format!("{}Z", &run.id[1..]), Some(true));
    let debug = store::put(&results, &run).unwrap();
    // Read, and then from what was kept.
    for _ in 0..2 {
        let (code, out, err) = history(folder.path(), &["--results", text(&results)]);
        assert_eq!((code, err.lines().count()), (Some(0), 1), "{err}");
        assert!(
            err.starts_with(text(&debug)) && err.contains("is not used: the program was built without optimisation"),
            "{err}"
        );
        assert!(fs::read_to_string(out.trim()).unwrap().contains("1 run on 1 machine"));
    }
}

#[test]
fn where_there_is_nothing_to_show_it_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let (code, out, err) = history(folder.path(), &["--results", text(&results)]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("no run in") && err.contains("cargo fanout record"), "{err}");

    let mut run = recorded();
    run.questions.clear();
    store::put(&results, &run).unwrap();
    let (code, _, err) = history(folder.path(), &["--results", text(&results)]);
    assert!(code == Some(2) && err.contains("has both a floor and a model"), "{err}");

    let (code, _, err) = history(folder.path(), &["--machine", "000000000000"]);
    assert!(code == Some(2) && err.contains("no run of machine 000000000000"), "{err}");
    assert!(err.contains(&run.machine.id()), "machines that there are: {err}");
}

#[test]
fn a_history_is_exported_without_the_files_that_are_bad_which_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let newest = recorded();
    let whole = store::put(&results, &newest).unwrap();
    let cut = whole.with_file_name("cut.json");
    fs::write(&cut, &fs::read(&whole).unwrap()[..1_000]).unwrap();
    for format in ["csv", "parquet", "github-action-benchmark"] {
        let file = folder.path().join(format);
        let asked = ["--format", format, "--results", text(&results), "-o", text(&file)];
        let (code, out, err) = export(folder.path(), &asked);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(0), "", 1), "{err}");
        assert!(err.starts_with(text(&cut)) && err.contains("is not a whole run file"), "{err}");
        let (_, out, _) = export(folder.path(), &asked[..4]);
        assert_eq!(String::from_utf8_lossy(&fs::read(&file).unwrap()), out, "{format}");
        assert!(out.contains(&newest.id), "{format}");
    }
    let script = fs::read_to_string(folder.path().join("github-action-benchmark")).unwrap();
    assert!(script.contains("\"url\": \"\"") && !script.contains("host.invalid"));
    let address =
        ["--format", "github-action-benchmark", "--results", text(&results), "--commit-url", "https://host.invalid/"];
    let (_, out, _) = export(folder.path(), &address);
    assert!(out.contains(&format!("\"https://host.invalid/{}\"", newest.source.commit.unwrap())));

    let alone = ["--format", "csv", "--results", text(&results), "--machine"];
    let (code, out, err) = export(folder.path(), &[&alone[..], &["000000000000"]].concat());
    assert!(code == Some(2) && out.is_empty() && err.contains("no run of machine 000000000000"), "{err}");
    let (code, out, _) = export(folder.path(), &[&alone[..], &[newest.machine.id().as_str()]].concat());
    assert!(code == Some(0) && out.lines().count() > 100, "{out}");
}

#[test]
fn what_a_history_cannot_be_is_refused_with_what_to_do_instead() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    for (format, instead) in
        [("bencher", "--backdate"), ("critcmp", "run by run"), ("markdown", "cargo fanout history")]
    {
        let (code, out, err) = export(folder.path(), &["--format", format, "--results", text(&results)]);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{err}");
        assert!(err.contains(format) && err.contains(instead), "{err}");
    }
    let (code, _, err) = export(folder.path(), &["--format", "csv", "--results", text(&results)]);
    assert!(code == Some(2) && err.contains("no run in"), "{err}");
    let (code, _, err) = export(folder.path(), &["--format", "csv", "run.json"]);
    assert!(code == Some(2) && err.contains("cannot be used with"), "{err}");
    let (code, _, err) = fanout(folder.path(), &["export", "--format", "csv", "--results", text(&results)]);
    assert!(code == Some(2) && err.contains("--history"), "{err}");
}
