//! Tests a store with all that can be wrong in it: each such thing is named, with the reason, and the rest is used.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fanout_record::Run;
use fanout_record::machine::Machine;
use fanout_record::store::annotation::Annotation;
use fanout_record::store::{self, Store};

use crate::fixture::{annotation, full, machine, run};

/// Makes a temporary store with two runs, and returns their files as well.
fn two() -> (tempfile::TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let later = Run { started: "2026-11-23T00:00:00Z".into(), ..run("A") };
    let files = [run("B"), later].map(|run| store::put(folder.path(), &run).unwrap());
    (folder, files)
}

fn ids(store: &Store) -> Vec<&str> {
    store.runs.iter().map(|(_, run)| run.id.as_str()).collect()
}

/// Asserts that exactly this path is named, with these words.
#[track_caller]
fn assert_named(store: &Store, path: &Path, words: &str) {
    let [bad] = &store.bad[..] else { panic!("{:?}", store.bad) };
    assert_eq!(bad.path, path);
    assert!(bad.reason.contains(words), "{bad}");
    assert!(bad.to_string().starts_with(&format!("{} ", path.display())), "{bad}");
}

#[test]
fn a_store_that_is_not_there_is_empty_and_one_that_is_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::load(&folder.path().join("results"));
    assert_eq!((store.runs.len(), store.annotations.len(), store.bad.len()), (0, 0, 0));
    fs::write(folder.path().join("runs"), "").unwrap();
    assert_named(&store::load(folder.path()), &folder.path().join("runs"), "cannot be listed: Not a directory");
}

#[test]
fn runs_come_in_the_order_of_time_with_their_files() {
    let (folder, files) = two();
    let store = store::load(folder.path());
    assert_eq!((ids(&store), &store.bad[..]), (vec!["B", "A"], &[][..]));
    let paths: Vec<_> = store.runs.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, files);
    assert_eq!(store::runs(folder.path()).unwrap(), files);
    assert_eq!(store.machines.len(), 1);
}

#[test]
fn a_file_that_is_no_run_is_named_and_the_rest_is_used() {
    let whole = serde_json::to_string(&full()).unwrap();
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "is not a whole run file: it ends too early"),
        (String::new(), "is not a whole run file: it ends too early"),
        ("<<<<<<< HEAD\n{}".into(), "is not a whole run file: it is not JSON (line 1, column 1: expected value)"),
        (
            r#"{"schema": 1, "other": true}"#.into(),
            "is not a whole run file: it is not what fanout writes: missing field `id`",
        ),
        (format!("{whole}{whole}"), "trailing characters)"),
        (whole.replacen("\"schema\":3", "\"schema\":7", 1), "has schema 7, and this program knows up to 3"),
        (
            whole.replacen("\"round\":[0]", "\"round\":[-1]", 1),
            "it is not what fanout writes: invalid value: integer `-1`",
        ),
    ];
    for (text, words) in cases {
        let (folder, [first, _]) = two();
        let bad = first.with_file_name("20250101T000000Z-no-commit-C.json");
        fs::write(&bad, text).unwrap();
        let store = store::load(folder.path());
        assert_eq!(ids(&store), ["B", "A"]);
        assert_named(&store, &bad, words);
    }
}

#[test]
fn of_two_files_of_one_run_the_one_in_its_place_is_used_else_the_first_by_name() {
    let (folder, [first, _]) = two();
    // The copy comes first by name, and is not in its place.
    let copy = first.with_file_name("20260101T000000Z-copy.json");
    fs::copy(&first, &copy).unwrap();
    let store = store::load(folder.path());
    assert_eq!((ids(&store), &store.runs[0].0), (vec!["B", "A"], &first));
    assert_named(&store, &copy, &format!("is not used: {} has the same id, B", first.display()));

    let second = first.with_file_name("20260102T000000Z-copy.json");
    fs::rename(&first, &second).unwrap();
    let store = store::load(folder.path());
    assert_eq!((ids(&store), &store.runs[0].0), (vec!["B", "A"], &copy));
    let named: Vec<_> = store.bad.iter().map(|bad| (bad.path.clone(), &bad.reason[..7])).collect();
    assert_eq!(named, [(copy, "is used"), (second, "is not ")]);
}

#[test]
fn a_run_in_another_place_than_its_content_says_is_used_and_named() {
    let (folder, [first, _]) = two();
    let name = first.file_name().unwrap();
    let runs = folder.path().join("runs");
    for place in [
        runs.join("0123456789ab/2026").join(name),
        first.ancestors().nth(2).unwrap().join("1999").join(name),
        first.with_file_name("renamed.json"),
        runs.join(name),
    ] {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::rename(&first, &place).unwrap();
        let store = store::load(folder.path());
        assert_eq!(store.runs.len(), 2);
        assert_named(&store, &place, &format!("is used, although its content belongs at {}", first.display()));
        fs::rename(&place, &first).unwrap();
    }
}

#[test]
fn what_editors_leave_is_named_and_no_link_is_followed() {
    let (folder, [first, _]) = two();
    let year = first.parent().unwrap();
    for name in
        ["run.json~", ".run.json.swp", ".run.json", "run.json.orig", ".tmp-notes", ".fanout-notes.tmp", "notes"]
    {
        let path = year.join(name);
        fs::copy(&first, &path).unwrap();
        assert_named(&store::load(folder.path()), &path, "is not a file of the store");
        fs::remove_file(path).unwrap();
    }
    for (name, target) in
        [("circle", folder.path()), ("link.json", first.as_path()), ("nowhere.json", Path::new("x"))]
    {
        let path = year.join(name);
        symlink(target, &path).unwrap();
        assert_named(&store::load(folder.path()), &path, "is not a file of the store");
        fs::remove_file(path).unwrap();
    }
    // Reading a pipe would wait for its writer.
    let pipe = year.join("pipe.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_named(&store::load(folder.path()), &pipe, "is not a file of the store");
}

#[test]
fn what_killed_writers_left_is_no_bad_file_and_goes_with_the_next_that_is_written() {
    let (folder, [first, _]) = two();
    let [runs, machines] = ["runs/another/1999", "machines"].map(|name| folder.path().join(name));
    fs::create_dir_all(&runs).unwrap();
    let year = first.parent().unwrap();
    let at = |folder: &Path, name: &str| {
        let path = folder.join(name);
        fs::copy(&first, &path).unwrap();
        path
    };
    let left = [at(year, ".fanout-A1b2C3.tmp"), at(&runs, ".fanout-D4e5F6.tmp"), at(&machines, ".fanout-G7h8I9.tmp")];
    // Earlier versions used these names, and locked nothing. The old file was left, and the new one may still be
    // being written.
    let (old, new) = (at(year, ".tmpA1b2C3"), at(year, ".tmpD4e5F6"));
    fs::File::open(&old).unwrap().set_modified(SystemTime::now() - Duration::from_secs(7_200)).unwrap();
    let held = at(&runs, ".fanout-J0k1L2.tmp");
    let writer = fs::File::open(&held).unwrap();
    writer.lock().unwrap();
    assert_eq!(store::load(folder.path()).bad, []);
    assert_eq!(store::runs(folder.path()).unwrap().len(), 2);
    assert!(left.iter().all(|path| path.exists()), "reading removes nothing");

    store::annotate(folder.path(), &annotation()).unwrap();
    let there: Vec<&PathBuf> = left.iter().chain([&old, &new, &held]).filter(|path| path.exists()).collect();
    assert_eq!(there, [&new, &held]);
    drop(writer);
    // A child that another test is starting also holds the lock, until it executes its program.
    let removed = (0..1_000).any(|i| {
        store::put(folder.path(), &run(&format!("C{i}"))).unwrap();
        !held.exists()
    });
    assert!(removed && new.exists());
    assert_eq!(store::load(folder.path()).bad, []);
}

#[test]
fn a_file_or_folder_that_may_not_be_read_is_named() {
    let (folder, [first, second]) = two();
    let forbid = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    forbid(&first, 0o000);
    if fs::read(&first).is_ok() {
        return fanout_needs::skip("files that may not be read", "root reads them").unwrap();
    }
    let store = store::load(folder.path());
    assert_eq!(ids(&store), ["A"]);
    assert_named(&store, &first, "cannot be read: Permission denied");
    let year = second.parent().unwrap();
    forbid(year, 0o000);
    let store = store::load(folder.path());
    assert_named(&store, year, "cannot be listed: Permission denied");
    forbid(year, 0o755);
}

#[test]
fn machines_that_are_cut_or_not_what_their_name_says_are_named() {
    let (folder, _) = two();
    let machines = folder.path().join("machines");
    let other = Machine { cores: Some(99), ..machine() };
    let path = machines.join("0123456789ab.json");
    fs::write(&path, serde_json::to_vec(&other).unwrap()).unwrap();
    let store = store::load(folder.path());
    assert_eq!(store.machines.len(), 2);
    assert_named(&store, &path, &format!("belongs at {}", machines.join(other.id() + ".json").display()));
    fs::write(&path, "{").unwrap();
    let store = store::load(folder.path());
    assert_eq!((store.machines.len(), store.runs.len()), (1, 2));
    assert_named(&store, &path, "is not a whole machine file: it ends too early");
}

#[test]
fn an_annotation_is_kept_under_its_id_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(store::annotations(folder.path()), (vec![], vec![]));
    let path = store::annotate(folder.path(), &annotation()).unwrap();
    assert_eq!(path, folder.path().join("annotations").join(annotation().id + ".json"));
    let changed = Annotation { reason: "another".into(), ..annotation() };
    assert_eq!(store::annotate(folder.path(), &changed).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(store::annotations(folder.path()), (vec![(path.clone(), annotation())], vec![]));
    assert_eq!(store::load(folder.path()).annotations, [(path, annotation())]);
}

#[test]
fn an_annotation_that_cannot_be_applied_is_neither_written_nor_used() {
    let mut wrong = vec![
        (Annotation { commit: "main".into(), ..annotation() }, "commit \"main\" is not a commit"),
        (Annotation { commit: "012345".into(), ..annotation() }, "7 to 64 hexadecimal digits"),
        (Annotation { after: Some("HEAD^".into()), ..annotation() }, "after \"HEAD^\" is not a commit"),
        (Annotation { reason: " ".into(), ..annotation() }, "reason is empty"),
        (Annotation { who: String::new(), ..annotation() }, "who is empty"),
        (Annotation { when: "yesterday".into(), ..annotation() }, "when \"yesterday\" is not a time in RFC 3339"),
    ];
    for id in ["../../README", "", "01m83arphysbbjva28e97eqhh2"] {
        wrong.push((Annotation { id: id.into(), ..annotation() }, "is not a ULID"));
    }
    for (annotation, words) in wrong {
        let folder = tempfile::tempdir().unwrap();
        let error = store::annotate(folder.path(), &annotation).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains(words), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let path = folder.path().join("annotations/by-hand.json");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, serde_json::to_vec(&annotation).unwrap()).unwrap();
        let store = store::load(folder.path());
        assert!(store.annotations.is_empty());
        assert_named(&store, &path, words);
    }
}

#[test]
fn a_run_whose_facts_cannot_be_a_file_name_is_refused() {
    let commit = |commit: &str| Run { source: full().source, ..run(commit) };
    let mut elsewhere = commit("A");
    elsewhere.source.commit = Some("../../../../x".into());
    for run in [
        run("../../../x"),
        elsewhere,
        Run { started: "../../x".into(), ..run("A") },
        Run { started: "..".into(), ..run("A") },
        run("a\u{0}b"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = store::put(folder.path(), &run).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
