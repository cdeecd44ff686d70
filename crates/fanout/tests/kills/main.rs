//! Benches, fetches, comparisons and calibrations are ended at random moments, each in one of ten ways: by SIGINT,
//! SIGTERM, SIGHUP, SIGQUIT or SIGKILL, sent to cargo alone or to its whole process group.
//!
//! Nothing may outlive the program that was ended; no file may be left behind; an earlier run must still be there;
//! and but for SIGKILL, a bench must have kept the rounds that were finished. It takes about a quarter of an hour:
//!
//! ```text
//! cargo test -p fanout --test kills -- --ignored --nocapture
//! ```
//! `KILLS` says how many (100 unless told otherwise), and `KILLS_SEED` repeats the moments of an earlier time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../aimed/mod.rs"]
#[expect(dead_code, reason = "the tests of annotations and histories use the rest")]
mod aimed;
#[path = "../commits/repository.rs"]
#[expect(dead_code, reason = "the tests of comparisons use the rest")]
mod repository;
mod subject;

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fanout_harness::interrupt;
use fastrand::Rng;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::subject::{Subject, Verb, marked};

/// How long ending may take. A deadline against hanging, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

const SIGNALS: [Signal; 5] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGKILL];

/// What came of the kills of one verb.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    kills: usize,
    ended_before: usize,
    hung: usize,
    orphans: usize,
    files_left: usize,
    runs_lost: usize,
    rounds_due: usize,
    rounds_lost: usize,
}

#[test]
#[ignore = "it takes a quarter of an hour: cargo test -p fanout --test kills -- --ignored --nocapture"]
fn whatever_is_ended_at_any_moment_leaves_nothing_behind_and_loses_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (kills, seed) = (number("KILLS").unwrap_or(100), number("KILLS_SEED").unwrap_or_else(|| Rng::new().u64(..)));
    println!("{kills} kills, KILLS_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let verbs = [Verb::Bench, Verb::Fetch, Verb::Compare, Verb::Calibrate];
    let mut tallies: Vec<(Verb, Tally)> = verbs.map(|verb| (verb, Tally::default())).into();
    interrupt::let_signals_end_what_is_started().unwrap();
    let subject = Subject::new();
    for n in 0..kills {
        // Every verb in each of the ten ways before any of them once more.
        let (verb, tally) = &mut tallies[n as usize % verbs.len()];
        let way = n as usize / verbs.len();
        // One that ended by itself before its moment was not killed.
        while !ended(&subject, *verb, SIGNALS[way % 5], way / 5 % 2 == 1, &mut rng, tally) {
            tally.ended_before += 1;
        }
    }
    for (verb, tally) in &tallies {
        println!("{verb:?}: {tally:?}");
    }
    assert_eq!(subject.left_after_a_whole_run(), [""; 0], "the next run does not clean up");
    for (verb, tally) in tallies {
        let well = Tally {
            kills: tally.kills,
            ended_before: tally.ended_before,
            rounds_due: tally.rounds_due,
            ..Tally::default()
        };
        assert_eq!(tally, well, "{verb:?}");
    }
}

/// Starts one, ends it at a random moment, and counts what that left; or says that it had ended by itself by then.
fn ended(subject: &Subject, verb: Verb, signal: Signal, group: bool, rng: &mut Rng, tally: &mut Tally) -> bool {
    let (before, last_run) = (subject.left(), subject.last_run());
    let (mark, mut command) = subject.command(verb);
    let mut child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let moment = verb.lasts().mul_f64(rng.f64());
    let begun = Instant::now();
    let mut measuring_since = None;
    while begun.elapsed() < moment {
        if measuring_since.is_none() && verb == Verb::Bench && subject.is_measuring(mark) {
            measuring_since = Some(Instant::now());
        }
        sleep(Duration::from_millis(20));
    }
    if child.try_wait().unwrap().is_some() {
        // A bench that ended by itself has put a new whole run in the place of the old one.
        assert!(verb != Verb::Bench || !subject.is_whole_run_lost(), "{}", subject.runs());
        return false;
    }
    tally.kills += 1;
    let is_due = measuring_since.is_some_and(|since| since.elapsed() > Duration::from_secs(6));
    let process = Pid::from_raw(child.id().cast_signed());
    // It fails only where the process has just ended.
    let _ = if group { killpg(process, signal) } else { kill(process, signal) };
    let asked = Instant::now();
    while child.try_wait().unwrap().is_none() && asked.elapsed() < TIMEOUT {
        sleep(Duration::from_millis(20));
    }
    if child.try_wait().unwrap().is_none() {
        tally.hung += 1;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    while !marked(mark).is_empty() && asked.elapsed() < TIMEOUT {
        sleep(Duration::from_millis(20));
    }
    for orphan in marked(mark) {
        tally.orphans += 1;
        println!("orphan of {verb:?}, {signal}, group {group}: {}", subject::name_of(orphan));
        let _ = kill(Pid::from_raw(orphan.cast_signed()), Signal::SIGKILL);
    }
    let is_killed = signal == Signal::SIGKILL;
    let left: Vec<String> = subject.left().into_iter().filter(|file| !before.contains(file)).collect();
    if !is_killed && !left.is_empty() {
        tally.files_left += left.len();
        println!("left by {verb:?}, {signal}, group {group}: {left:?}");
    }
    if verb == Verb::Bench {
        if subject.is_whole_run_lost() {
            tally.runs_lost += 1;
            println!("lost by {signal}, group {group}: {}", subject.runs());
        }
        // The bench itself was not killed where cargo alone was: then it ends with cargo, in order.
        if is_due && !(is_killed && group) {
            tally.rounds_due += 1;
            tally.rounds_lost += usize::from(subject.last_run() == last_run);
        }
    }
    true
}
