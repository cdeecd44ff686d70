//! Closed pipes and full disks behind standard output and standard error: the work goes on to its exit code, and
//! nothing panics.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use fanout_conformance::server::Server;
use fanout_record::{read, write};
use tempfile::TempDir;

use crate::process::{Ended, ended, run};
use crate::verbs::recorded;

/// What the verbs are tried on.
struct Things {
    folder: TempDir,
    server: Server,
}

impl Things {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut slower = read::run(Path::new(&recorded())).unwrap();
        let scenarios = slower.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        for arm in scenarios.flat_map(|scenario| &mut scenario.arms).filter(|arm| arm.label == "hyper") {
            arm.samples.iter_mut().for_each(|sample| sample.wall_ns *= 3);
        }
        write::create(&folder.path().join("slower.json"), &slower).unwrap();
        slower.machine.cores = Some(99);
        write::create(&folder.path().join("other.json"), &slower).unwrap();
        Self { folder, server: Server::start() }
    }

    /// Each command that prints, with what it does: a line each, as often as it is asked for. `RUN` is a run,
    /// `SLOWER` one that regressed, `OTHER` one of another machine, `FAILS` a server that answers with 500, `NEW` a
    /// new folder.
    const COMMANDS: [&str; 32] = [
        "--help",
        "--version",
        "compare --help",
        "",
        "fetch --no-such-option",
        "models",
        "models --json",
        "peers setup ruby",
        "fetch -m rayon -n 3 --repeat 3",
        "fetch -m rayon -n 3 --json",
        "fetch -m rayon -n 3 --target FAILS",
        "trace -m rayon -n 3",
        "trace -m rayon -n 3 --target FAILS",
        "report RUN",
        "report RUN -o -",
        "report none.json",
        "report --readme --check",
        "export RUN -f csv",
        "export RUN -f parquet",
        "export --history -f csv",
        "history",
        "record --results NEW",
        "annotate 0123456789abcdef --because why --who somebody --results NEW",
        "compare RUN RUN",
        "diff RUN RUN",
        "diff RUN SLOWER --json",
        "diff RUN OTHER",
        "completions bash",
        "models hyper",
        "prove none",
        "new-model a --like none",
        "calibrate --tries 0",
    ];

    fn command(&self, line: &str) -> (Command, TempDir) {
        // Whatever it keeps, the next one does not find.
        let new = tempfile::tempdir_in(self.folder.path()).unwrap();
        let derived = new.path().join("fanout");
        fs::create_dir(&derived).unwrap();
        fs::copy(recorded(), derived.join("last-run.json")).unwrap();
        let at = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
        command.args(line.split_whitespace().map(|word| match word {
            "RUN" => recorded(),
            "SLOWER" => at("slower.json"),
            "OTHER" => at("other.json"),
            "FAILS" => self.server.at("/status/500").to_string(),
            "NEW" => new.path().join("results").to_str().unwrap().to_owned(),
            word => word.to_owned(),
        }));
        command.env("CARGO_TARGET_DIR", new.path()).stdin(Stdio::null());
        (command, new)
    }

    /// Runs each as it is, and again as `change` has it; `check` gets both, and the target folder of the second.
    fn each(&self, change: impl Fn(&mut Command), check: impl Fn(&str, Ended, Ended, &Path)) {
        for line in Self::COMMANDS {
            let usual = run(&mut self.command(line).0);
            let (mut command, new) = self.command(line);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            change(&mut command);
            let changed = ended(command.spawn().unwrap());
            assert!(!changed.err.contains("panicked"), "{line}: {changed:?}");
            assert!(changed.code.is_some_and(|code| code < 100), "{line}: {changed:?}");
            check(line, usual, changed, new.path());
        }
    }
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

/// A disk that is full.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// What a verb keeps, it keeps whoever reads what it prints.
#[track_caller]
fn kept(line: &str, target: &Path) {
    let is_kept = match line.split_whitespace().next() {
        Some("record") => target.join("results/runs").is_dir(),
        Some("annotate") => target.join("results/annotations").is_dir(),
        Some("history") => target.join("fanout/history.html").is_file(),
        Some("trace") => target.join("fanout/trace-rayon.json").is_file(),
        _ => true,
    };
    assert!(is_kept, "{line}: its work was not done");
}

#[test]
fn a_reader_that_has_seen_enough_changes_no_exit_code() {
    Things::new().each(
        |command| {
            command.stdout(closed());
        },
        |line, usual, changed, target| {
            assert_eq!(changed.code, usual.code, "{line}: {changed:?}");
            assert!(!changed.err.contains("roken pipe"), "{line}: {changed:?}");
            // The times of all repeats are told, and each failure.
            assert_eq!(changed.err.lines().count(), usual.err.lines().count(), "{line}: {changed:?} {usual:?}");
            kept(line, target);
        },
    );
}

#[test]
fn a_full_disk_is_told_and_takes_the_place_of_success_alone() {
    Things::new().each(
        |command| {
            command.stdout(full());
        },
        |line, usual, changed, target| {
            let prints = !usual.out.is_empty();
            let code = if prints && usual.code == Some(0) { Some(2) } else { usual.code };
            assert_eq!(changed.code, code, "{line}: {changed:?} {usual:?}");
            let told = changed.err.matches("No space left on device").count();
            assert_eq!(told, usize::from(prints), "{line}: {changed:?}");
            assert_eq!(
                changed.err.contains("error: cannot write to standard output: "),
                prints,
                "{line}: {changed:?}"
            );
            kept(line, target);
        },
    );
}

#[test]
fn standard_error_that_nobody_can_read_changes_nothing() {
    for nobody in [full, closed] {
        Things::new().each(
            |command| {
                command.stderr(nobody());
            },
            |line, usual, changed, target| {
                assert_eq!(changed.code, usual.code, "{line}: {changed:?}");
                assert_eq!(changed.out.lines().count(), usual.out.lines().count(), "{line}: {changed:?}");
                kept(line, target);
            },
        );
    }
}
