//! However a target is ended, what is finished is kept, and nothing outlives it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fanout_conformance::deadline::{soon, soon_or};
use fanout_conformance::leak_checks::{children_of, doing, runs};
use fanout_harness::interrupt;
use fanout_suite::taking_part::chooses;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fixture::{Bench, beside_control_arms};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("each_signal_that_asks_to_end_keeps_whole_rounds_and_exits_130", each_signal_keeps_whole_rounds),
    ("a_signal_that_was_to_be_ignored_is_ignored", an_ignored_signal_is_ignored),
    ("it_ends_with_cargo_and_keeps_whole_rounds", it_ends_with_cargo),
    ("a_worker_that_is_stopped_does_not_keep_it_from_ending", a_stopped_worker_is_given_up),
    ("a_server_that_is_stopped_does_not_keep_it_from_ending", a_stopped_server_is_given_up),
    ("processors_kept_awake_are_noted_and_let_go_also_when_killed", awake_is_noted_and_let_go),
];

/// More than it ever comes to.
const FOR_EVER: (&str, &str) = ("FANOUT_ROUNDS", "100000");

fn start(bench: &Bench) -> Child {
    let mut command = bench.command(&["--bench", "--noplot"], &[FOR_EVER]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What is ended before its first round was over has no rounds to keep: then a test tries again, and waits longer.
fn tried(test: impl Fn(Duration) -> Tried) {
    let waits = [1, 4, 16, 64].map(Duration::from_secs);
    assert!(waits.into_iter().any(|wait| test(wait) == Tried::RoundsWereKept), "no round was over after a minute");
}

/// How it went.
#[derive(PartialEq)]
enum Tried {
    NoRoundWasOver,
    RoundsWereKept,
}

/// Waits until it is measuring, and for so long again: then there is a process for each arm, and a server. Gives
/// their ids.
fn measuring(bench: u32, wait: Duration) -> Vec<u32> {
    // Every model that makes sense, the control arms, one model again.
    let models = fanout_models::ROSTER.iter().filter(|model| chooses(**model) && model.available().is_ok()).count();
    let arms = beside_control_arms(&[]).len() + models + 1;
    let mut children = Vec::new();
    soon("a process for each arm, and a server", || {
        children = children_of(bench);
        children.len() == arms + 1
    });
    sleep(wait);
    // The arms have changed their processes since then.
    soon("a process for each arm, and a server", || {
        children = children_of(bench);
        children.len() == arms + 1
    });
    children
}

/// Whether a process of the bench is left, whoever its parent is now. Each of them inherits the target folder, which
/// no other bench has.
fn something_is_left(bench: &Bench) -> bool {
    let folder = bench.target.path().to_str().unwrap().as_bytes();
    let of_bench = |process: fs::DirEntry| {
        let inherited = fs::read(process.path().join("environ")).unwrap_or_default();
        inherited.windows(folder.len()).any(|part| part == folder)
    };
    fs::read_dir("/proc").unwrap().flatten().any(of_bench)
}

/// Whether a process was started in this role.
fn is_called(process: u32, role: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|line| line.contains(role))
}

fn send(signal: Signal, process: u32) {
    kill(Pid::from_raw(process.cast_signed()), signal).unwrap();
}

fn ended(mut child: Child) -> Output {
    let process = child.id();
    soon_or(|| format!("ending\n{}", doing(process)), || child.try_wait().unwrap().is_some());
    child.wait_with_output().unwrap()
}

/// Asserts that what was kept is whole rounds, some at least, of arms that did not fail, and is called partial; where
/// something was kept.
fn whole_rounds_are_kept(bench: &Bench) -> Tried {
    if !bench.run_file().exists() {
        return Tried::NoRoundWasOver;
    }
    let run = bench.last_run();
    let measured = &run.questions[0].scenarios[0];
    assert!(!measured.order.is_empty());
    for arm in &measured.arms {
        assert_eq!(arm.failure, None, "{}", arm.label);
        assert_eq!(arm.samples.len(), measured.order.len(), "{}", arm.label);
    }
    assert!(run.is_partial() && run.missing()[0].contains("of 100000 rounds"), "{:?}", run.missing());
    assert!(run.missing()[0].contains("small 3") && run.missing()[0].contains("interrupted"), "{:?}", run.missing());
    Tried::RoundsWereKept
}

fn each_signal_keeps_whole_rounds() {
    interrupt::let_signals_end_what_is_started().unwrap();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        tried(|wait| signal_keeps_whole_rounds(signal, wait));
    }
}

fn signal_keeps_whole_rounds(signal: Signal, wait: Duration) -> Tried {
    let bench = Bench::new("two");
    let child = start(&bench);
    measuring(child.id(), wait);
    send(signal, child.id());
    let output = ended(child);
    assert_eq!(output.status.code(), Some(130), "{signal}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!something_is_left(&bench), "something outlived it");
    let tried = whole_rounds_are_kept(&bench);
    if tried == Tried::RoundsWereKept {
        let partial = "partial: small 0 has";
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.contains("of 100000 rounds") && printed.contains(partial), "{signal}: {printed}");
        assert!(bench.page().contains("of 100000 rounds"), "{signal}: the page does not say so");
    }
    tried
}

fn an_ignored_signal_is_ignored() {
    let bench = Bench::new("two");
    let inner = bench.command(&["--bench", "--noplot"], &[FOR_EVER]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(fs::read_link(inner.get_program()).unwrap());
    command.args(inner.get_args()).envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    measuring(child.id(), Duration::ZERO);
    send(Signal::SIGHUP, child.id());
    sleep(Duration::from_millis(500));
    assert!(runs(child.id()), "what `nohup` was asked for did not happen");
    send(Signal::SIGINT, child.id());
    assert_eq!(ended(child).status.code(), Some(130));
}

fn it_ends_with_cargo() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        tried(|wait| cargo_is_ended_by(signal, wait));
    }
}

/// A shell that is called cargo stands for it, and is ended alone.
fn cargo_is_ended_by(signal: Signal, wait: Duration) -> Tried {
    let bench = Bench::new("two");
    let cargo = bench.target.path().join("cargo");
    fs::copy("/bin/sh", &cargo).unwrap();
    let inner = bench.command(&["--bench", "--noplot"], &[FOR_EVER]);
    let mut command = Command::new(&cargo);
    command.args(["-c", "\"$@\" & wait", "cargo"]).arg(fs::read_link(inner.get_program()).unwrap());
    command.args(inner.get_args()).envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut measured = 0;
    soon("starting the target", || {
        measured = children_of(child.id()).first().copied().unwrap_or(0);
        measured != 0
    });
    measuring(measured, wait);
    send(signal, child.id());
    assert_eq!(child.wait().unwrap().signal(), Some(signal as i32));
    soon("ending with cargo", || !something_is_left(&bench));
    whole_rounds_are_kept(&bench)
}

fn a_stopped_worker_is_given_up() {
    tried(a_worker_is_stopped);
}

fn a_worker_is_stopped(wait: Duration) -> Tried {
    let bench = Bench::new("two");
    let child = start(&bench);
    measuring(child.id(), wait);
    // The arms change their processes, so that the one that is found may just have ended.
    let is_worker = |process: &u32| is_called(*process, "__fanout-worker");
    let stop = |worker: u32| kill(Pid::from_raw(worker.cast_signed()), Signal::SIGSTOP).is_ok();
    soon("stopping a worker", || children_of(child.id()).into_iter().rfind(is_worker).is_some_and(stop));
    // Its turn comes, and it is waited for.
    sleep(Duration::from_secs(1));
    send(Signal::SIGINT, child.id());
    let output = ended(child);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!something_is_left(&bench), "something outlived it");
    whole_rounds_are_kept(&bench)
}

/// As soon as there is a server: no round can be finished, and the run before stays what it was.
fn a_stopped_server_is_given_up() {
    let bench = Bench::new("two");
    bench.measure(&["small/rayon"]);
    let before = fs::read(bench.run_file()).unwrap();
    let child = start(&bench);
    let mut server = 0;
    // git and rustc were children for a moment before.
    let is_server = |process: &u32| is_called(*process, "__fanout-server");
    soon("starting the server", || {
        server = children_of(child.id()).into_iter().find(is_server).unwrap_or(0);
        server != 0
    });
    send(Signal::SIGSTOP, server);
    send(Signal::SIGINT, child.id());
    let output = ended(child);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!runs(server), "the server outlived it");
    assert_eq!(fs::read(bench.run_file()).unwrap(), before, "the run before is lost");
}

fn awake_is_noted_and_let_go() {
    let bench = Bench::new("one");
    let awake = ("FANOUT_AWAKE", "1");
    let ended = bench.run(&["--bench", "--noplot", "hyper"], &[awake]);
    assert!(bench.tables().contains("processors kept awake"), "{}{}", ended.out, ended.err);
    assert!(bench.last_run().questions[0].awake);
    let mut command = bench.command(&["--bench", "--noplot", "hyper"], &[awake, FOR_EVER]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut children = Vec::new();
    // The floor, the model, the server, and at least one that keeps a processor awake.
    soon("starting everything", || {
        children = children_of(child.id());
        children.len() >= 4
    });
    child.kill().unwrap();
    child.wait().unwrap();
    soon("ending with the one who asked", || !children.iter().any(|child| runs(*child)));
}
