//! Ctrl-C and SIGTERM end the measuring between two batches, so that what is finished is kept.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From here on the first Ctrl-C only asks, and a second one ends the process at once.
///
/// # Errors
/// Where the system refuses a signal handler.
pub fn listen() -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: the flag of an earlier signal arms the second handler.
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&ASKED))?;
        signal_hook::flag::register(signal, Arc::clone(&ASKED))?;
    }
    Ok(())
}

/// Whether somebody asked to end.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
