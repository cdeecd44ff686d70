//! What was measured is kept: from the next run, from a disk without room, and from a reader who goes away.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use fanout_conformance::deadline::soon;
use fanout_conformance::leak_checks::children_of;
use fanout_record::{read, write};

use crate::fixture::{Bench, files};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_run_is_not_lost_to_one_that_measured_nothing", not_lost_to_nothing),
    ("the_run_that_a_new_one_displaces_is_kept_and_no_partial_one_displaces_a_whole_one", displaced_is_kept),
    ("a_tree_that_is_edited_while_its_build_measures_does_not_split_the_run", not_split),
    ("where_a_run_cannot_be_kept_nothing_is_measured", nothing_is_measured_in_vain),
    ("a_run_that_can_be_kept_no_longer_goes_elsewhere_and_its_table_is_printed", it_goes_elsewhere),
    ("nobody_who_reads_and_a_full_disk_end_it_in_order_with_the_run_kept", nobody_reads),
];

fn not_lost_to_nothing() {
    let bench = Bench::new("two");
    bench.measure(&["small/rayon"]);
    let before = fs::read(bench.run_file()).unwrap();
    // So few files that the server could not hold everybody's connections.
    let inner = bench.command(&["--bench", "--noplot"], &[]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 90; exec \"$@\"", "sh"]).arg(fs::read_link(inner.get_program()).unwrap());
    command.args(inner.get_args()).envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && err.contains("open files"), "{err}");
    assert!(err.contains("the last run stays as it is"), "{err}");
    assert_eq!(fs::read(bench.run_file()).unwrap(), before, "the run before is lost");
}

fn displaced_is_kept() {
    let bench = Bench::new("one");
    let previous = || read::run(&bench.run_file().with_file_name("previous-run.json")).ok().map(|run| run.id);
    // Another invocation each time: another process asks for it.
    let measure = || {
        let inner = bench.command(&["--bench", "--noplot", "hyper"], &[]);
        let mut command = Command::new("sh");
        // What follows keeps the shell from becoming the program.
        command.args(["-c", "\"$@\"; exit $?", "sh"]).arg(fs::read_link(inner.get_program()).unwrap());
        command.args(inner.get_args()).envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert!(command.output().unwrap().status.success());
        bench.last_run().id
    };
    let first = measure();
    assert_eq!(previous(), None);
    let second = measure();
    assert_eq!(previous(), Some(first));
    // As an interrupt leaves it.
    let mut partial = bench.last_run();
    partial.questions[0].unmeasured = vec!["small".into()];
    write::replace(&bench.run_file(), &partial).unwrap();
    let third = measure();
    assert!(third != second && previous().is_some_and(|previous| previous != second), "{:?}", previous());
    // As a later version of this program might write it.
    fs::write(bench.run_file(), "{\"schema\":99}").unwrap();
    measure();
    let unreadable = fs::read(bench.run_file().with_file_name("unreadable-run.json")).unwrap();
    assert_eq!(unreadable, b"{\"schema\":99}");
}

/// Another question of the same invocation was asked when another commit was checked out.
fn not_split() {
    let bench = Bench::new("one");
    let with_started = |started: Option<&str>| {
        bench.measure(&["hyper"]);
        let mut run = bench.last_run();
        run.questions[0].name = "another".into();
        run.source.commit = Some("0123456789".into());
        run.started = started.map_or(run.started, str::to_owned);
        write::replace(&bench.run_file(), &run).unwrap();
        bench.measure(&["hyper"]);
        (run, bench.last_run())
    };
    let (before, after) = with_started(None);
    let questions: Vec<&str> = after.questions.iter().map(|question| question.name.as_str()).collect();
    assert_eq!((after.id, questions), (before.id, vec!["another", "small"]));
    assert_eq!(after.source.commit.as_deref(), Some("0123456789"));
    // A program that was built after the run began may be of other code.
    let (before, after) = with_started(Some("2020-01-01T00:00:00Z"));
    assert!(after.id != before.id && after.questions.len() == 1);
}

fn nothing_is_measured_in_vain() {
    let bench = Bench::new("two");
    fs::write(bench.target.path().join("fanout"), "in the way").unwrap();
    let ended = bench.run(&["--bench", "--noplot", "small/rayon"], &[]);
    assert_eq!(ended.code, Some(2), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("nothing was measured") && ended.err.contains("CARGO_TARGET_DIR"), "{}", ended.err);
    assert!(!ended.out.contains("| rayon"), "{}", ended.out);
}

fn it_goes_elsewhere() {
    let elsewhere = tempfile::tempdir().unwrap();
    // Nothing can be made in the second, whoever asks for it.
    for temporary in [elsewhere.path().to_str().unwrap(), "/proc"] {
        let bench = Bench::new("two");
        let long = [("FANOUT_ROUNDS", "60"), ("TMPDIR", temporary)];
        let mut command = bench.command(&["--bench", "--noplot", "hyper"], &long);
        let child = command.current_dir("/proc").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        soon("beginning to measure", || children_of(child.id()).len() == 3);
        fs::remove_dir_all(bench.target.path().join("fanout")).unwrap();
        fs::write(bench.target.path().join("fanout"), "in the way").unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(2), "{out}{err}");
        assert!(out.contains("| hyper") && err.contains("the run is not lost"), "{out}{err}");
        let run = match temporary {
            "/proc" => read::parse("standard output".as_ref(), out.lines().last().unwrap().as_bytes()).unwrap(),
            _ => read::run(&elsewhere.path().read_dir().unwrap().next().unwrap().unwrap().path()).unwrap(),
        };
        assert!(!run.is_partial() && run.questions[0].scenarios.len() == 2, "{:?}", run.missing());
    }
    assert_eq!(files(elsewhere.path()), 1);
}

fn nobody_reads() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    for (arguments, measures) in [(&["--bench", "--noplot", "hyper"][..], true), (&["--bench", "--list"], false)] {
        for (out, err, code) in [
            (closed(), Stdio::piped(), 0),
            (full(), Stdio::piped(), 2),
            (Stdio::piped(), full(), 0),
            (Stdio::piped(), closed(), 0),
            (closed(), closed(), 0),
            (full(), full(), 2),
        ] {
            let bench = Bench::new("one");
            let mut command = bench.command(arguments, &[]);
            let output = command.stdout(out).stderr(err).spawn().unwrap().wait_with_output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {:?}: {err}", output.status);
            assert!(!err.contains("panicked"), "{err}");
            assert_eq!(measures, bench.run_file().exists(), "{arguments:?}, code {code}: {err}");
            assert!(code == 0 || err.is_empty() || err.contains("standard output"), "{arguments:?}: {err}");
        }
    }
}
