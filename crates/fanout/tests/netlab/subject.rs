//! Labs as the command line makes them, what runs in them, and what is left of them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_conformance::leak_checks::{self, children_of};
use fanout_harness::interrupt;
use fanout_netlab::Lab;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A deadline against hanging, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Whether this machine can have a lab. Otherwise, the reason is told.
pub(crate) fn can() -> bool {
    Lab::available().map_err(|why| fanout_needs::skip("netlab", &why.to_string()).unwrap()).is_ok()
}

pub(crate) fn netlab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    command.args(["netlab", "--rtt", "2ms"]).args(arguments).stdin(Stdio::null()).env_remove("FANOUT_LIVE_BUDGET");
    command
}

pub(crate) fn output(arguments: &[&str]) -> Output {
    netlab(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The namespaces of the lab with this name that there are.
pub(crate) fn namespaces(name: &str) -> Vec<String> {
    let all = ["client", "server"].map(|end| format!("fanout-{name}-{end}"));
    all.into_iter().filter(|name| Path::new("/run/netns").join(name).exists()).collect()
}

/// Everything that is left of the lab with this name.
pub(crate) fn left(name: &str) -> Vec<String> {
    let folder = Path::new("/run/fanout/netlab").join(name);
    namespaces(name).into_iter().chain(folder.exists().then(|| folder.display().to_string())).collect()
}

pub(crate) fn runs(process: i32) -> bool {
    leak_checks::runs(process.cast_unsigned())
}

pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// A lab with a command that does not end by itself, and that has a child of which nobody else knows.
pub(crate) struct Running {
    pub(crate) lab: Child,
    /// The command and its child.
    pub(crate) inside: Vec<i32>,
}

/// The command goes on when it is asked to end. Its child is in a session of its own.
const STUBBORN: &str =
    "trap '' INT TERM HUP; setsid sleep 1000 >/dev/null & echo $$; echo $!; while :; do sleep 1; done";

pub(crate) fn running(name: &str) -> Running {
    interrupt::let_signals_end_what_is_started().unwrap();
    let mut command = netlab(&["--name", name, "--", "sh", "-c", STUBBORN]);
    let mut lab = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(lab.stdout.take().unwrap()).lines();
    let inside = lines.take(2).map(|line| line.unwrap().parse().unwrap()).collect();
    Running { lab, inside }
}

impl Running {
    pub(crate) fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.lab.id().cast_signed()), signal).unwrap();
    }

    /// Waits for the end of the lab, and returns its exit code; `None` if a signal ended it.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let deadline = Instant::now() + TIMEOUT;
        while self.lab.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            sleep(Duration::from_millis(10));
        }
        self.lab.wait().unwrap().code()
    }

    pub(crate) fn has_ended_inside(&self) -> bool {
        !self.inside.iter().any(|process| runs(*process))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only after a failed test, it still runs.
        if self.lab.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.send(Signal::SIGTERM);
            let _ = self.lab.wait();
        }
    }
}

/// The processes that this process has started.
pub(crate) fn children(process: u32) -> Vec<i32> {
    children_of(process).into_iter().map(u32::cast_signed).collect()
}
