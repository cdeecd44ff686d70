//! Lets any program of this project be started again as a worker of itself, as Python's `multiprocessing` does.
//!
//! A program that may need workers calls [`enter`] first thing in `main`. [`again`] then gives the command that
//! starts the same program in that role.

use std::env::args_os;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use fanout_model::{Model, SetupError};

use crate::child;

/// The first argument of a program in this role. No person types it by accident.
const ROLE: &str = "__fanout-worker";

/// This program's file. The link stays good even when a new build replaces the file while this process runs.
pub const THIS_PROGRAM: &str = "/proc/self/exe";

/// Returns the path of this program's file for another program to start. There, [`THIS_PROGRAM`] would name the other
/// program's own file.
#[must_use]
pub fn this_program() -> String {
    format!("/proc/{}/exe", std::process::id())
}

static ENTERED: AtomicBool = AtomicBool::new(false);

/// The second argument of a worker with a slowdown. The third argument says by how many percent it is slower.
const SLOWER: &str = "--slower";

/// Becomes a worker and never returns, if this process was started as one. Otherwise remembers that this program can
/// be started as one.
pub fn enter(find: impl Fn(&str) -> Option<&'static dyn Model>) {
    // This comes first, because a worker may carry a model that has workers of its own.
    ENTERED.store(true, Ordering::Relaxed);
    if is_worker() {
        child::serve(find, slower());
    }
}

/// Whether this process was started as a worker by a program of this project.
#[must_use]
pub fn is_worker() -> bool {
    args_os().nth(1).is_some_and(|argument| argument == ROLE)
}

/// Returns the command that starts this program again as a worker.
///
/// # Errors
/// The errors of [`again_as`].
pub fn again() -> Result<Command, SetupError> {
    again_as(ROLE)
}

/// Returns the command that starts `program`, another build of this project, as a worker. A build from before there
/// were workers takes the role for a wrong argument.
#[must_use]
pub fn of(program: &Path) -> Command {
    let mut program = Command::new(program);
    program.arg(ROLE);
    program
}

/// Makes a worker spend `percent` more processor time in each batch, on the clock. This is a slowdown to be found.
pub fn slow(worker: &mut Command, percent: f64) {
    worker.arg(SLOWER).arg(percent.to_string());
}

/// Returns by how many percent this worker is to be slower.
fn slower() -> f64 {
    let mut arguments = args_os().skip(2).filter_map(|argument| argument.into_string().ok());
    let asked = arguments.next().is_some_and(|argument| argument == SLOWER);
    arguments.next().filter(|_| asked).and_then(|percent| percent.parse().ok()).unwrap_or(0.0)
}

/// Returns the command that starts this program again with `role` as its first argument.
///
/// # Errors
/// [`SetupError::Worker`] if the program never called [`enter`]: started again, it would do its own work again.
pub fn again_as(role: &str) -> Result<Command, SetupError> {
    if !ENTERED.load(Ordering::Relaxed) {
        let reason = "this program cannot be its own worker: call `fanout_models::enter()` first thing in main";
        return Err(SetupError::Worker(reason.into()));
    }
    let mut program = Command::new(THIS_PROGRAM);
    program.arg(role);
    Ok(program)
}
