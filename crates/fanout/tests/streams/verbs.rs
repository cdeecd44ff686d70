//! The verbs that write where they are told to: a line of the table each.

use std::path::{Path, PathBuf};
use std::process::Command;

use fanout_needs::recorded_run;
use tempfile::TempDir;

use crate::process::Ended;
use crate::repository::{Repository, worker};

/// A verb that takes an output.
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// Its arguments, up to the output.
    arguments: &'static [&'static str],
    /// What it puts behind the name that it is given.
    ending: &'static str,
    /// What it writes begins so.
    begins: &'static str,
    /// Whether it prints the path of what it wrote.
    pub(crate) says_path: bool,
}

/// All of them. `RUN` stands for the file of a run.
const VERBS: [Verb; 6] = [
    verb("report", &["report", "RUN", "--output"], "", "<!DOCTYPE html>", true),
    verb("history", &["history", "--output"], "", "<!DOCTYPE html>", true),
    verb("export", &["export", "RUN", "--format", "csv", "--output"], "", "run,started,", false),
    verb("export --history", &["export", "--history", "--format", "csv", "--output"], "", "run,started,", false),
    verb("trace", &["trace", "--model", "rayon", "--requests", "3", "--output"], ".svg", "<svg", true),
    verb("compare", &COMPARE, "", "### fanout: ", false),
];

const COMPARE: [&str; 10] =
    ["compare", "one", "one", "--models", "hyper", "--scenarios", "waiting", "--budget", "1s", "--markdown"];

const fn verb(
    name: &'static str,
    arguments: &'static [&'static str],
    ending: &'static str,
    begins: &'static str,
    says_path: bool,
) -> Verb {
    Verb { name, arguments, ending, begins, says_path }
}

impl Verb {
    /// Whether it writes one file, which can then be standard output.
    pub(crate) fn writes_one(&self) -> bool {
        self.ending.is_empty()
    }

    /// A name in `folder` for what it writes.
    pub(crate) fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("output{}", self.ending))
    }

    /// Whether it ended well: in a second of comparing it can't always be told that nothing is slower.
    #[track_caller]
    pub(crate) fn succeeded(&self, ended: &Ended) {
        let codes: &[i32] = if self.name == "compare" { &[0, 1, 3] } else { &[0] };
        assert!(ended.code.is_some_and(|code| codes.contains(&code)), "{}: {ended:?}", self.name);
    }

    /// Whether this is what it writes, whole and nothing beside it.
    #[track_caller]
    pub(crate) fn wrote(&self, text: &str) {
        assert!(text.starts_with(self.begins) && text.len() > 100, "{}: {text:.200}", self.name);
        assert_eq!(text.matches(self.begins).count(), 1, "{}", self.name);
        assert!(!text.contains("EARLIER"), "{}: what was there is still there", self.name);
    }
}

/// What the verbs work on.
pub(crate) struct World {
    target: TempDir,
    repository: Repository,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { target: tempfile::tempdir().unwrap(), repository: Repository::new(&worker()) }
    }

    /// The command with which `verb` writes `file`.
    pub(crate) fn command(&self, verb: &Verb, file: &Path) -> Command {
        let named = file.to_str().unwrap().strip_suffix(verb.ending).unwrap();
        let run = recorded();
        let arguments = verb.arguments.iter().map(|argument| if *argument == "RUN" { &run } else { *argument });
        let mut command = if verb.name == "compare" {
            // It says `compare` already.
            self.repository.command(&[])
        } else {
            let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
            command.arg(verb.arguments[0]).env("CARGO_TARGET_DIR", self.target.path());
            command
        };
        command.args(arguments.skip(1)).arg(named);
        command
    }

    /// Checks each verb in a new folder.
    pub(crate) fn each(&self, check: impl Fn(&Verb, &Path)) {
        for verb in &VERBS {
            check(verb, tempfile::tempdir().unwrap().path());
        }
    }
}

/// A run that is kept in results/.
pub(crate) fn recorded() -> String {
    recorded_run().to_str().unwrap().to_owned()
}
