//! Small questions, and a target that asks one in a process of its own.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fanout_harness::case::Case;
use fanout_harness::config::Profile;
use fanout_model::Protocol;
use fanout_record::Run;
use fanout_record::run::{Arm, Exchange, Limits, Network, Start};
use mock_server::Engine;

/// Set for a process that is the target.
pub(crate) const ROLE: &str = "TEST_IS_THE_TARGET";

fn case(parameter: &'static str, milliseconds: u64) -> Case {
    let delay = Duration::from_millis(milliseconds);
    Case { requests: 12, concurrency: NonZeroUsize::new(4), delay, parameter, ..Case::WARM }
}

pub(crate) fn two(_: Profile) -> Vec<Case> {
    vec![case("0", 0), case("3", 3)]
}

pub(crate) fn one(_: Profile) -> Vec<Case> {
    vec![Case { start: Start::Cold, ..case("", 0) }]
}

pub(crate) fn own(_: Profile) -> Vec<Case> {
    vec![Case { exchange: Exchange::Own, ..case("", 0) }]
}

pub(crate) fn protocols(_: Profile) -> Vec<Case> {
    let case = |protocol, tls, parameter| Case {
        engine: Engine::Hyper,
        protocol: Some(protocol),
        tls,
        ..case(parameter, 0)
    };
    vec![case(Protocol::Http2, false, "http2"), case(Protocol::KeepAlive, true, "tls")]
}

/// The server serves one request at once, and four are in flight.
pub(crate) fn limited(_: Profile) -> Vec<Case> {
    vec![Case { limits: Limits { capacity: Some(1), ..Limits::NONE }, ..case("1", 3) }]
}

/// The server refuses whatever comes while it serves a request.
pub(crate) fn refusing(_: Profile) -> Vec<Case> {
    vec![Case { limits: Limits { capacity: Some(1), queue: Some(0), ..Limits::NONE }, ..case("1", 3) }]
}

pub(crate) fn network(_: Profile) -> Vec<Case> {
    let network = Network { round_trip_ns: 1_000_000, loss: 0.0, seed: 1 };
    vec![Case { network: Some(network), ..case("1ms", 0) }]
}

pub(crate) struct Bench {
    pub(crate) target: tempfile::TempDir,
    cases: &'static str,
}

pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new(cases: &'static str) -> Self {
        Self { target: tempfile::tempdir().unwrap(), cases }
    }

    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.args(arguments).env(ROLE, self.cases).env("CARGO_TARGET_DIR", self.target.path());
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = self.command(arguments, variables).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn measure(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(&[&["--bench", "--noplot"], arguments].concat(), &[]);
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        ended
    }

    pub(crate) fn run_file(&self) -> PathBuf {
        self.target.path().join("fanout/last-run.json")
    }

    pub(crate) fn tables(&self) -> String {
        std::fs::read_to_string(self.target.path().join("fanout/tables.md")).unwrap()
    }

    pub(crate) fn last_run(&self) -> Run {
        fanout_record::read::run(&self.run_file()).unwrap()
    }

    pub(crate) fn page_file(&self) -> PathBuf {
        self.target.path().join("fanout/report.html")
    }

    pub(crate) fn page(&self) -> String {
        std::fs::read_to_string(self.page_file()).unwrap()
    }

    pub(crate) fn criterion(&self) -> PathBuf {
        self.target.path().join("criterion")
    }
}

/// The labels of the control arms that can run here, and then these.
pub(crate) fn beside_control_arms<'a>(others: &[&'a str]) -> Vec<&'a str> {
    let here = fanout_models::FLOORS.iter().filter(|arm| arm.available().is_ok()).map(|arm| arm.id());
    here.chain(others.iter().copied()).collect()
}

pub(crate) fn labels(arms: &[Arm]) -> Vec<&str> {
    arms.iter().map(|arm| arm.label.as_str()).collect()
}

pub(crate) fn files(folder: &Path) -> usize {
    folder.read_dir().map_or(0, Iterator::count)
}
