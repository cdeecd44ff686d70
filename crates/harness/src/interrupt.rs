//! Being asked to end: the measuring then ends between two batches, so that what is finished is kept.
//!
//! Asked by Ctrl-C (SIGINT), SIGTERM, SIGQUIT, SIGHUP (the terminal or the connection is gone), or by cargo ending
//! before the program that it started: `timeout` and CI systems may end cargo alone.

use std::fs;
use std::io;
use std::os::unix::process::parent_id;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::exit::INTERRUPTED;

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The cargo that started this process, where it did.
static CARGO: OnceLock<u32> = OnceLock::new();

/// From here on the first signal only asks, and a second one ends the process at once.
///
/// # Errors
/// Where the system refuses a signal handler.
pub fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGQUIT, SIGHUP] {
        // `nohup` starts programs so that they outlive the terminal.
        if signal == SIGHUP && is_ignored(signal) {
            continue;
        }
        // In this order: the flag of an earlier signal arms the second handler.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&ASKED))?;
        signal_hook::flag::register(signal, Arc::clone(&ASKED))?;
    }
    Ok(())
}

/// Programs that are started from here on end by a signal as they do by default: what a process ignores is ignored by
/// what it starts as well, and what it handles is not (execve(2)). This process goes on to ignore what it was started
/// to ignore. For a test that ends programs by signals, and that may run under `nohup cargo test` or `cargo test &`.
///
/// # Errors
/// Where the system refuses a signal handler.
pub fn let_signals_end_what_is_started() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGQUIT, SIGHUP].into_iter().filter(|signal| is_ignored(*signal)) {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

/// Remembers the cargo that started this process, where it did: to be called as early as can be.
pub(crate) fn remember_cargo() {
    let parent = parent_id();
    let name = fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
    // Also `cargo-nextest` and the like. A shell may end and leave its programs to go on.
    if name.starts_with("cargo") {
        // Set already where this is called again.
        let _ = CARGO.set(parent);
    }
}

/// Whether somebody asked to end.
#[must_use]
pub fn asked() -> bool {
    if CARGO.get().is_some_and(|cargo| *cargo != parent_id()) {
        ASKED.store(true, Ordering::Relaxed);
    }
    ASKED.load(Ordering::Relaxed)
}

/// Whether this process was started to ignore a signal: bit n - 1 of `SigIgn` is signal n (proc(5)).
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
