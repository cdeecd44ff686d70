//! What is ended: four verbs, with a target folder, a folder for temporary files and a repository of their own.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fanout_record::paths::{target, workspace};
use fanout_record::{Run, read};
use tempfile::TempDir;

use crate::repository::{Repository, worker};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verb {
    Bench,
    Fetch,
    Compare,
    Calibrate,
}

impl Verb {
    /// How long it takes, more or less: it is ended at any moment of that.
    pub(crate) fn lasts(self) -> Duration {
        Duration::from_secs(match self {
            Self::Bench => 16,
            Self::Fetch => 4,
            Self::Compare => 8,
            Self::Calibrate => 6,
        })
    }
}

/// Whose folders they are.
pub(crate) struct Subject {
    target: TempDir,
    temporary: TempDir,
    repository: Repository,
    /// The newest run that is whole.
    whole: RefCell<String>,
    marks: Cell<u32>,
}

/// The variable that all processes of one start have.
const MARK: &str = "KILLS_MARK";

/// The server, the floor, the two models, and one of them once more.
const PROCESSES: usize = 5;

impl Subject {
    /// With a whole run, and two commits that can be compared.
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let repository = Repository::new(&worker());
        repository.commit("two", &format!("// Another.\n{}", worker()));
        // What is built while it is ended is cargo's, and so are the compilers that it then leaves behind.
        let built = cargo(&["build", "--quiet", "--package", "fanout"]).status().unwrap();
        assert!(built.success());
        let subject = Self {
            target: folder(),
            temporary: folder(),
            repository,
            whole: RefCell::default(),
            marks: Cell::new(0),
        };
        subject.measure_whole();
        subject
    }

    /// One of them, and its mark.
    pub(crate) fn command(&self, verb: Verb) -> (u32, Command) {
        self.marks.set(self.marks.get() + 1);
        let fanout = |arguments: &[&str]| {
            let mut command = cargo(&["run", "--quiet", "--package", "fanout"]);
            command.arg("--").args(arguments);
            command
        };
        let short = ["one", "two", "--models", "hyper", "--scenarios", "waiting", "--budget", "4s"];
        let mut command = match verb {
            Verb::Bench => self.bench("10"),
            Verb::Fetch => {
                let many = ["--model", "process-pool", "--concurrency", "8", "--requests", "400", "--delay", "50ms"];
                fanout(&[&["fetch"], &many[..]].concat())
            }
            Verb::Compare => self.repository.command(&short),
            Verb::Calibrate => {
                fanout(&["calibrate", "--model", "hyper", "--slower", "0", "--tries", "2", "--budget", "2s"])
            }
        };
        if verb != Verb::Compare {
            command.env("CARGO_TARGET_DIR", self.target.path());
        }
        let mark = self.marks.get();
        command.env(MARK, mark.to_string()).env("TMPDIR", self.temporary.path()).stdin(Stdio::null());
        (mark, command)
    }

    fn bench(&self, rounds: &str) -> Command {
        let mut command = cargo(&["bench", "--quiet", "--profile", "dev", "--package", "fanout-benches"]);
        command.args(["--bench", "notebook", "--", "--noplot"]);
        command.env("FANOUT_MODELS", "hyper,process-pool").env("FANOUT_ROUNDS", rounds);
        command
    }

    fn measure_whole(&self) {
        let output = self.command(Verb::Bench).1.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!self.is_whole_run_lost(), "it kept no whole run");
    }

    fn run_in(&self, name: &str) -> Option<Run> {
        read::run(&self.target.path().join("fanout").join(name)).ok()
    }

    /// The id of the last run, where that is one.
    pub(crate) fn last_run(&self) -> Option<String> {
        self.run_in("last-run.json").filter(|run| !run.is_empty()).map(|run| run.id)
    }

    /// Whether it has started everybody who takes part.
    pub(crate) fn is_measuring(&self, mark: u32) -> bool {
        let is_role = |process: &u32| name_of(*process).contains("__fanout-");
        marked(mark).iter().filter(|process| is_role(process)).count() >= PROCESSES
    }

    /// Whether the newest whole run can be read no longer, in neither of the two places for it.
    pub(crate) fn is_whole_run_lost(&self) -> bool {
        let (last, previous) = (self.run_in("last-run.json"), self.run_in("previous-run.json"));
        if let Some(whole) = last.as_ref().filter(|run| !run.is_partial()) {
            self.whole.replace(whole.id.clone());
        }
        let whole = self.whole.borrow();
        !last.into_iter().chain(previous).any(|run| run.id == *whole)
    }

    /// Which runs there are, for a person.
    pub(crate) fn runs(&self) -> String {
        let run = |name: &str| match self.run_in(name) {
            Some(run) => format!("{name} is {}, empty {}, missing {:?}", run.id, run.is_empty(), run.missing()),
            None => format!("{name} cannot be read"),
        };
        format!("{}; {}; whole was {}", run("last-run.json"), run("previous-run.json"), self.whole.borrow())
    }

    /// Temporary files, wherever one of them makes some.
    pub(crate) fn left(&self) -> Vec<String> {
        let derived = [self.target.path().join("fanout"), self.repository.derived()];
        let mut left = listed(self.temporary.path(), |_| true);
        for folder in derived {
            left.extend(listed(&folder, |name| name.starts_with('.')));
            left.extend(listed(&folder.join("programs"), |name| name.starts_with('.')));
        }
        left
    }

    /// The same once a bench and a comparison have ended by themselves.
    pub(crate) fn left_after_a_whole_run(&self) -> Vec<String> {
        self.measure_whole();
        let compared = self.command(Verb::Compare).1.output().unwrap();
        assert!(compared.status.code().is_some_and(|code| code != 2), "{compared:?}");
        self.left()
    }
}

/// cargo in this workspace, with what is built there, whatever the target folder of the program that it starts.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace()).args(arguments).arg("--target-dir").arg(target());
    command
}

fn listed(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| wanted(name)).map(|name| folder.join(name).display().to_string()).collect()
}

/// The processes of one start that run. One that ended and was not reaped has no environment any more.
pub(crate) fn marked(mark: u32) -> Vec<u32> {
    let mark = format!("{MARK}={mark}");
    let is_marked = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(is_marked).collect()
}

/// The command line of a process.
pub(crate) fn name_of(process: u32) -> String {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}
