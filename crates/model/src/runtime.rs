//! Guards blocking code from event loops.

use tokio::runtime::Handle;

use crate::SetupError;

/// Refuses to block a thread that belongs to a tokio runtime.
///
/// tokio has no public way to tell a worker from a `spawn_blocking` thread, so that both are refused.
///
/// # Errors
/// [`SetupError::InsideRuntime`], which says what to do instead.
pub fn refuse() -> Result<(), SetupError> {
    match Handle::try_current() {
        Ok(_) => Err(SetupError::InsideRuntime),
        Err(_) => Ok(()),
    }
}
