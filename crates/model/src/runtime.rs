//! Blocking code and event loops: a guard against blocking a runtime's thread, and an event loop that a model may
//! own.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::SetupError;

/// Returns an error if the calling thread belongs to a tokio runtime, which must not be blocked.
///
/// tokio has no public way to tell a worker thread from a `spawn_blocking` thread, so both are refused.
///
/// # Errors
/// [`SetupError::InsideRuntime`], whose message says what to do instead.
pub fn refuse() -> Result<(), SetupError> {
    match Handle::try_current() {
        Ok(_) => Err(SetupError::InsideRuntime),
        Err(_) => Ok(()),
    }
}

/// A tokio runtime that a model owns. Dropping it ends its threads. That is safe anywhere, whereas a plain
/// [`Runtime`] panics when it is dropped inside another runtime.
#[derive(Debug)]
pub struct EventLoop(Option<Runtime>);

impl EventLoop {
    /// A runtime on the thread that calls [`EventLoop::block_on`].
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside another runtime; [`SetupError::Client`] if the system refuses to create
    /// it.
    pub fn current_thread() -> Result<Self, SetupError> {
        Self::build(&mut Builder::new_current_thread())
    }

    /// A runtime with one thread for each core. The threads steal work from each other.
    ///
    /// # Errors
    /// The same as for [`EventLoop::current_thread`].
    pub fn multi_thread() -> Result<Self, SetupError> {
        Self::build(&mut Builder::new_multi_thread())
    }

    /// A runtime on one thread of its own. What it has to do goes on while nobody calls [`EventLoop::block_on`].
    ///
    /// # Errors
    /// The same as for [`EventLoop::current_thread`].
    pub fn on_a_thread() -> Result<Self, SetupError> {
        Self::build(Builder::new_multi_thread().worker_threads(1))
    }

    fn build(builder: &mut Builder) -> Result<Self, SetupError> {
        refuse()?;
        let refused = |error: io::Error| SetupError::Client(format!("cannot start an event loop: {error}"));
        builder.enable_all().build().map(|runtime| Self(Some(runtime))).map_err(refused)
    }

    /// Runs a future to its end.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside another runtime, because this would block its thread.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, SetupError> {
        refuse()?;
        let runtime = self.0.as_ref().expect("it is taken by dropping only");
        Ok(runtime.block_on(future))
    }
}

/// How long dropping waits for the threads. They end at once, unless they are in a call that cannot be interrupted.
const TIMEOUT: Duration = Duration::from_secs(1);

impl Drop for EventLoop {
    fn drop(&mut self) {
        match self.0.take() {
            // Waiting here would block a thread of the other runtime, so these threads are left to end on their own.
            Some(runtime) if refuse().is_err() => runtime.shutdown_background(),
            Some(runtime) => runtime.shutdown_timeout(TIMEOUT),
            None => {}
        }
    }
}
