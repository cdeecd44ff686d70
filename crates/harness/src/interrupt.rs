//! Finds out whether the program was asked to end. The measurement then ends between two batches, so that everything
//! that is finished is kept.
//!
//! The program is asked to end by Ctrl-C (SIGINT), by SIGTERM, SIGQUIT or SIGHUP (the terminal or the connection is
//! gone), or by the end of the cargo that started it. `timeout` and CI systems may end cargo alone.

use std::fs;
use std::io;
use std::os::unix::process::parent_id;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::exit::INTERRUPTED;

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The process number of the cargo that started this process, if cargo did.
static CARGO: OnceLock<u32> = OnceLock::new();

/// From here on, the first signal only asks the program to end, and a second one ends the process at once.
///
/// # Errors
/// If the system refuses a signal handler.
pub fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGQUIT, SIGHUP] {
        // `nohup` makes programs ignore this signal, so that they outlive the terminal.
        if signal == SIGHUP && is_ignored(signal) {
            continue;
        }
        // The order matters. The first handler ends the process only if an earlier signal has set the flag, and the
        // second handler sets the flag.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&ASKED))?;
        signal_hook::flag::register(signal, Arc::clone(&ASKED))?;
    }
    Ok(())
}

/// From here on, signals end the programs that this process starts, as they do by default. A started program ignores
/// the signals that its parent ignores, but not those that its parent handles (execve(2)). This process itself goes
/// on to ignore the signals that it was started to ignore. A test needs this if it ends programs by signals, and may
/// run under `nohup cargo test` or `cargo test &`.
///
/// # Errors
/// If the system refuses a signal handler.
pub fn let_signals_end_what_is_started() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGQUIT, SIGHUP].into_iter().filter(|signal| is_ignored(*signal)) {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

/// Remembers the cargo that started this process, if cargo did. It is to be called as early as possible.
pub(crate) fn remember_cargo() {
    let parent = parent_id();
    let name = fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
    // This includes `cargo-nextest` and the like. A shell does not count, because it may end while its programs go
    // on.
    if name.starts_with("cargo") {
        // If this function is called again, the value is set already.
        let _ = CARGO.set(parent);
    }
}

/// Returns whether the program was asked to end.
#[must_use]
pub fn asked() -> bool {
    if CARGO.get().is_some_and(|cargo| *cargo != parent_id()) {
        ASKED.store(true, Ordering::Relaxed);
    }
    ASKED.load(Ordering::Relaxed)
}

/// Returns whether this process was started to ignore a signal. Bit n - 1 of `SigIgn` stands for signal n (proc(5)).
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
