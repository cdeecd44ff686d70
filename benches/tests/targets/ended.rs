//! However a target ends, what is finished is kept, and nothing outlives it.

use std::process::Stdio;
use std::time::Duration;

use fanout_benches::question::chooses;
use fanout_conformance::leftovers::{children_of, runs};
use fanout_conformance::patience::soon;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fixture::Bench;

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("ctrl_c_keeps_whole_rounds_and_exits_130", ctrl_c_keeps_whole_rounds),
    ("processors_kept_awake_are_noted_and_let_go_also_when_killed", awake_is_noted_and_let_go),
];

fn ctrl_c_keeps_whole_rounds() {
    let bench = Bench::new("two");
    let mut command = bench.command(&["--bench", "--noplot"], &[("FANOUT_ROUNDS", "100000")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Every model that makes sense, the floor, one model again; and the server.
    let arms = fanout_models::ROSTER.iter().filter(|model| chooses(**model)).count() + 2;
    soon("a process for each arm, and a server", || children_of(child.id()).len() == arms + 1);
    // Everything is prepared now, as a rule; the next second is long enough for some rounds.
    std::thread::sleep(Duration::from_secs(1));
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    soon("ending on Ctrl-C", || child.try_wait().unwrap().is_some());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let run = bench.last_run();
    let measured = &run.questions[0].scenarios[0];
    assert!(!measured.order.is_empty());
    assert!(measured.arms.iter().all(|arm| arm.samples.len() == measured.order.len()));
}

fn awake_is_noted_and_let_go() {
    let bench = Bench::new("one");
    let awake = ("FANOUT_AWAKE", "1");
    let ended = bench.run(&["--bench", "--noplot", "hyper"], &[awake]);
    assert!(ended.out.contains("processors kept awake"), "{}", ended.out);
    assert!(bench.last_run().questions[0].awake);
    let mut command = bench.command(&["--bench", "--noplot", "hyper"], &[awake, ("FANOUT_ROUNDS", "100000")]);
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
