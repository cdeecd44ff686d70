//! Where blocking code meets event loops: the guard, and an event loop that a model may own.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

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

/// A tokio runtime that a model owns. Dropping it ends its threads, and is safe wherever the owner is dropped, where
/// a plain [`Runtime`] panics inside another one.
#[derive(Debug)]
pub struct EventLoop(Option<Runtime>);

impl EventLoop {
    /// One on the thread that calls [`EventLoop::block_on`].
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside another; [`SetupError::Client`] where the system refuses it.
    pub fn current_thread() -> Result<Self, SetupError> {
        Self::build(&mut Builder::new_current_thread())
    }

    /// One with a thread per core, which steal each other's work.
    ///
    /// # Errors
    /// As [`EventLoop::current_thread`].
    pub fn multi_thread() -> Result<Self, SetupError> {
        Self::build(&mut Builder::new_multi_thread())
    }

    fn build(builder: &mut Builder) -> Result<Self, SetupError> {
        refuse()?;
        let refused = |error: io::Error| SetupError::Client(format!("cannot start an event loop: {error}"));
        builder.enable_all().build().map(|runtime| Self(Some(runtime))).map_err(refused)
    }

    /// Drives a future to its end.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside another runtime, whose thread it would block.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, SetupError> {
        refuse()?;
        let runtime = self.0.as_ref().expect("it is taken by dropping only");
        Ok(runtime.block_on(future))
    }
}

/// How long dropping waits for threads that end at once, unless they are in a call that cannot be cut short.
const TIMEOUT: Duration = Duration::from_secs(1);

impl Drop for EventLoop {
    fn drop(&mut self) {
        match self.0.take() {
            // Waiting for the threads would block the other runtime's: they end on their own.
            Some(runtime) if refuse().is_err() => runtime.shutdown_background(),
            Some(runtime) => runtime.shutdown_timeout(TIMEOUT),
            None => {}
        }
    }
}
