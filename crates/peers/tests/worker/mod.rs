//! What a harness relies on in a peer's process, over its own program and a server that answers or does not.

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fanout_conformance::leak_checks::{children_of, runs};
use fanout_conformance::server::{Server, uuid_of};
use fanout_model::{Check, Content, Model, Request, RequestError, Settings, Usage};
use fanout_peers::Peer;
use fanout_worker::Worker;
use fanout_worker::protocol::{Batch, Cold, MeasuredBatch, Order, VERSION, write};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often an answer is hashed for work. In an optimised build, this takes some milliseconds.
const WORK: u32 = 2_000_000;

/// The least processor time that one hash takes, in nanoseconds. Every machine needs more.
const LEAST_NS: f64 = 0.5;

/// These tests look for the process of their own peer, and therefore run one at a time.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn settings(peer: &Peer) -> Settings {
    peer.settings(NonZeroUsize::new(4).unwrap()).unwrap()
}

/// `n` requests that the server holds back until it is told to answer.
fn held_back(server: &Server, n: usize) -> Vec<Request> {
    (0..n).map(|i| server.get(format!("/gate/{i}"))).collect()
}

fn numbered(server: &Server, n: usize) -> Vec<Request> {
    (0..n).map(|i| server.get(format!("/uuid/{i}"))).collect()
}

/// Waits until a condition holds. This is a deadline against hanging, not a measurement.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 20 s");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The children of this process that are no trials.
fn workers() -> Vec<u32> {
    let is_trial =
        |pid: &u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().contains("trial");
    children_of(std::process::id()).into_iter().filter(|pid| !is_trial(pid)).collect()
}

pub(crate) fn killed(peer: &'static Peer) {
    let _one = one_at_a_time();
    let server = Server::start();
    let requests = held_back(&server, 6);
    let mut runner = peer.prepare(&settings(peer)).unwrap();
    // A trial that is just being started looks like a worker until its program runs.
    let mut found = Vec::new();
    wait_until("there is one worker", || {
        found = workers();
        found.len() == 1
    });
    let of_the_worker = children_of(found[0]);
    let outcomes = thread::scope(|threads| {
        let running = threads.spawn(|| runner.run(&requests));
        assert!(server.wait_for_in_flight(1, Duration::from_secs(20)), "no request arrived");
        kill(Pid::from_raw(found[0].cast_signed()), Signal::SIGKILL).unwrap();
        running.join().unwrap()
    });
    server.open();
    assert_eq!(outcomes.len(), 6);
    for outcome in outcomes {
        assert!(matches!(&outcome.result, Err(RequestError::Lost(why)) if why.contains("SIGKILL")), "{outcome:?}");
    }
    wait_until("its own processes end", || !of_the_worker.iter().any(|pid| runs(*pid)));
}

pub(crate) fn ends_with_its_input(peer: &'static Peer) {
    let _one = one_at_a_time();
    let server = Server::start();
    let mut program = peer.program().unwrap().unwrap();
    let mut child: Child = program.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write(&mut stdin, &Order::Prepare { model: peer.id().into(), settings: settings(peer) }).unwrap();
    write(&mut stdin, &Order::Run { batch: Batch::of(&held_back(&server, 6), VERSION).unwrap() }).unwrap();
    stdin.flush().unwrap();
    assert!(server.wait_for_in_flight(1, Duration::from_secs(20)), "no request arrived");
    let of_the_worker = children_of(child.id());
    drop(stdin);
    wait_until("its end", || child.try_wait().unwrap().is_some());
    wait_until("its own processes end", || !of_the_worker.iter().any(|pid| runs(*pid)));
    server.open();
}

/// If the worker is killed while it starts a child, the child asks for a signal that will never come.
pub(crate) fn a_child_without_its_parent_ends(peer: &'static Peer) {
    let program = peer.program().unwrap().unwrap();
    let code = "import process_pool; process_pool.end_with_parent(1); print('it goes on')";
    let mut child = Command::new(program.get_program());
    child.args(["-B", "-c", code]).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/python"));
    let output = child.output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &[][..]), "{output:?}");
}

fn prepared(peer: &Peer) -> Worker {
    let mut worker = Worker::start(peer.program().unwrap().unwrap()).unwrap();
    worker.ask_to_prepare(peer.id(), &settings(peer)).unwrap();
    worker.prepared().unwrap();
    worker
}

fn with_work(server: &Server, n: usize) -> Vec<Request> {
    numbered(server, n).iter().map(|it| it.with_check(Check { work: WORK, ..Check::default() })).collect()
}

/// Checks the outcomes of numbered requests and what they cost, and returns that.
fn checked(measured: &MeasuredBatch, n: usize) -> Usage {
    assert_eq!(measured.outcomes.len(), n);
    for (i, outcome) in measured.outcomes.iter().enumerate() {
        assert_eq!(outcome.result, Ok(uuid_of(i).into()));
        assert!(outcome.started <= outcome.finished, "{outcome:?}");
        assert!(outcome.finished <= Duration::from_nanos(measured.wall_ns), "{outcome:?} in {measured:?}");
    }
    let mut usage = measured.own;
    usage += measured.elsewhere;
    assert!(usage.peak_memory > 1_000_000 && usage.threads >= 1, "{usage:?}");
    usage
}

/// Asserts that the processor time holds all of the work, whichever thread or process did it.
fn holds_the_work(usage: Usage, n: usize) {
    let least = n as f64 * f64::from(WORK) * LEAST_NS / 1e9;
    assert!(usage.cpu().as_secs_f64() >= least, "{usage:?} is less than {least} s of work");
}

pub(crate) fn measures(peer: &'static Peer) {
    let _one = one_at_a_time();
    let server = Server::start();
    let mut warm = prepared(peer);
    let measured = warm.measure(None, &with_work(&server, 6), true).unwrap();
    holds_the_work(checked(&measured, 6), 6);
    let again = warm.measure(None, &numbered(&server, 5), true).unwrap();
    // What was counted before is not counted again.
    assert!(checked(&again, 5).cpu() < measured.own.cpu() + measured.elsewhere.cpu(), "{again:?} after {measured:?}");
    let mut fresh = Worker::start(peer.program().unwrap().unwrap()).unwrap();
    let cold = Cold { model: peer.id().into(), settings: settings(peer) };
    let measured = fresh.measure(Some(cold), &with_work(&server, 6), true).unwrap();
    holds_the_work(checked(&measured, 6), 6);
}

pub(crate) fn refuses(peer: &'static Peer) {
    let _one = one_at_a_time();
    let server = Server::start();
    let mut worker = prepared(peer);
    let plain = server.get("/uuid/0");
    let status = Check { status: Some(404), ..Check::default() };
    let content = Check { content: Content::Anything, ..Check::default() };
    for check in [status, content] {
        let why = worker.measure(None, &[plain.with_check(check)], true).unwrap_err();
        assert!(why.contains("GET requests for a UUID"), "{why}");
        worker = prepared(peer);
    }
    // A worker that has refused something is asked again only after it was prepared anew, which is the parent's rule.
    assert_eq!(worker.run(&[plain]).unwrap().0[0].result, Ok(uuid_of(0).into()));
}
