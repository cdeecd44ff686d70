//! Lets any program of ours be started again as a worker of itself, as Python's `multiprocessing` does.
//!
//! A program that may need workers calls [`enter`] first thing in `main`. [`again`] then gives the command that
//! starts the same program in that role.

use std::env::args_os;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use fanout_model::{Model, SetupError};

use crate::child;

/// The only argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-worker";

/// This program's file: the link stays good also when a new build replaces the file while this process runs.
pub const THIS_PROGRAM: &str = "/proc/self/exe";

/// [`THIS_PROGRAM`] for a process that another program starts, whose own file the link would name.
#[must_use]
pub fn this_program() -> String {
    format!("/proc/{}/exe", std::process::id())
}

static ENTERED: AtomicBool = AtomicBool::new(false);

/// The second argument of a worker that is to be slower than it is; the third says by how many percent.
const SLOWER: &str = "--slower";

/// If this process was started as a worker, be one and never return. Else remember that it can be started as one.
pub fn enter(find: impl Fn(&str) -> Option<&'static dyn Model>) {
    // First, since a worker may carry a model that has workers of its own.
    ENTERED.store(true, Ordering::Relaxed);
    if args_os().nth(1).is_some_and(|argument| argument == ROLE) {
        child::serve(find, slower());
    }
}

/// The command that starts this program again as a worker.
///
/// # Errors
/// As [`again_as`].
pub fn again() -> Result<Command, SetupError> {
    again_as(ROLE)
}

/// The command that starts `program`, another build of ours, as a worker. One that is older than workers takes the
/// role for a wrong argument.
#[must_use]
pub fn of(program: &Path) -> Command {
    let mut program = Command::new(program);
    program.arg(ROLE);
    program
}

/// Makes a worker spend `percent` more of the processor in each batch, on the clock: a regression to be found.
pub fn slow(worker: &mut Command, percent: f64) {
    worker.arg(SLOWER).arg(percent.to_string());
}

/// By how many percent this worker is to be slower.
fn slower() -> f64 {
    let mut arguments = args_os().skip(2).filter_map(|argument| argument.into_string().ok());
    let asked = arguments.next().is_some_and(|argument| argument == SLOWER);
    arguments.next().filter(|_| asked).and_then(|percent| percent.parse().ok()).unwrap_or(0.0)
}

/// The command that starts this program again with `role` as its first argument.
///
/// # Errors
/// [`SetupError::Worker`] where the program never called [`enter`]: started again, it would do its own work again.
pub fn again_as(role: &str) -> Result<Command, SetupError> {
    if !ENTERED.load(Ordering::Relaxed) {
        let reason = "this program cannot be its own worker: call `fanout_models::enter()` first thing in main";
        return Err(SetupError::Worker(reason.into()));
    }
    let mut program = Command::new(THIS_PROGRAM);
    program.arg(role);
    Ok(program)
}
