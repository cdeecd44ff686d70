//! Lets any program of ours be started again as a worker of itself, as Python's `multiprocessing` does.
//!
//! A program that may need workers calls [`enter`] first thing in `main`. [`again`] then gives the command that starts
//! the same program in that role.

use std::env::args_os;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use fanout_model::{Model, SetupError};

use crate::child;

/// The only argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-worker";

static ENTERED: AtomicBool = AtomicBool::new(false);

/// If this process was started as a worker, be one and never return. Else remember that it can be started as one.
pub fn enter(find: impl Fn(&str) -> Option<&'static dyn Model>) {
    if args_os().nth(1).is_some_and(|argument| argument == ROLE) {
        child::serve(find);
    }
    ENTERED.store(true, Ordering::Relaxed);
}

/// The command that starts this program again as a worker.
///
/// # Errors
/// [`SetupError::Worker`] where the program never called [`enter`]: started again, it would do its own work again.
pub fn again() -> Result<Command, SetupError> {
    if !ENTERED.load(Ordering::Relaxed) {
        let reason = "this program cannot be its own worker: call `fanout_models::enter()` first thing in main";
        return Err(SetupError::Worker(reason.into()));
    }
    let mut program = Command::new(this_program()?);
    program.arg(ROLE);
    Ok(program)
}

/// This program's file; on Linux the link that stays good when a new build replaces the file while this process runs.
///
/// # Errors
/// [`SetupError::Worker`] where the system does not tell.
pub fn this_program() -> Result<PathBuf, SetupError> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe().map_err(|error| SetupError::Worker(format!("cannot find this program: {error}")))
}
