//! The second control arm: the exchange of `model-floor`, with io_uring in place of epoll, on one thread.
//!
//! - Never pick it, for the reasons for which the floor is never picked.
//! - It takes part beside the floor and shows whether io_uring makes the limit any lower. Where the system refuses
//!   io_uring, it is skipped.
//!
//! What makes it fast: each connection has one receive operation that goes on for as long as the connection does
//! (multishot) and takes its memory from buffers that the kernel was given before; the sockets are registered; and
//! everything that a turn of the loop has to ask of the kernel is handed over by the same system call that waits for
//! what is next. Requests are not sent from registered buffers: a request is some hundred bytes, and pinning its
//! memory saves less than looking the buffer up costs.
//!
//! `ring` and `buffers` know io_uring, and `engine` has the lanes. The loop is that of `model-floor`. This file is
//! the model.

mod buffers;
mod engine;
mod ring;

use std::io;
use std::num::NonZeroUsize;
use std::thread::{self, ThreadId};

use fanout_model::{Batch, Concurrency, Model, Outcome, Protocol, Request, Runner, Settings, SetupError, runtime};
use model_floor::driver::Driver;

use crate::engine::Engine;
use crate::ring::Ring;

/// The control arm; see the crate's header.
#[derive(Debug)]
pub struct FloorUring;

impl Model for FloorUring {
    fn id(&self) -> &'static str {
        "floor-uring"
    }

    fn about(&self) -> &'static str {
        "control arm: the floor with io_uring in place of epoll"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn speaks_tls(&self) -> bool {
        false
    }

    fn available(&self) -> Result<(), SetupError> {
        Ring::new(NonZeroUsize::MIN).map(drop).map_err(|error| refused(&error))
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(Protocol::HTTP1)?;
        settings.refuse_https()?;
        settings.refuse_retries()?;
        let engine = Engine::new(settings).map_err(|error| refused(&error))?;
        let (thread, settings) = (thread::current().id(), settings.clone());
        Ok(Box::new(Prepared { engine, driver: Driver::new(&settings), thread, settings }))
    }
}

/// Says why io_uring cannot be used, and what would change that.
fn refused(error: &io::Error) -> SetupError {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; the sysctl kernel.io_uring_disabled or a container's seccomp profile forbids it"
        }
        io::ErrorKind::Unsupported => "; this kernel was built without it, or a seccomp profile hides it",
        io::ErrorKind::InvalidInput => "; it needs Linux 6.1 or later",
        io::ErrorKind::OutOfMemory => "; it needs more locked memory than `ulimit -l` allows",
        _ => "",
    };
    SetupError::Unsupported(format!("io_uring: {error}{why}"))
}

struct Prepared {
    engine: Engine,
    driver: Driver,
    /// The ring accepts work from this thread alone.
    thread: ThreadId,
    settings: Settings,
}

impl Prepared {
    /// Makes the engine anew, without connections, if the calling thread is not the one that made it.
    fn move_here(&mut self) -> Result<(), SetupError> {
        if self.thread != thread::current().id() {
            self.engine = Engine::new(&self.settings).map_err(|error| refused(&error))?;
            self.thread = thread::current().id();
        }
        Ok(())
    }
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse().and_then(|()| self.move_here()) {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let mut finished = Vec::with_capacity(requests.len());
        if let Err(error) = self.driver.make_all(&mut self.engine, batch, requests, &mut finished) {
            self.engine.give_up();
            eprintln!("floor-uring: the event loop failed: {error}");
        }
        batch.in_order(requests.len(), finished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_io_uring_and_says_what_to_look_at() {
        // The error numbers are those of Linux: EPERM, ENOMEM, EINVAL and ENOSYS.
        for (error, says) in [(1, "io_uring_disabled"), (12, "ulimit"), (22, "6.1"), (38, "built without")] {
            let refused = refused(&io::Error::from_raw_os_error(error)).to_string();
            assert!(refused.contains("io_uring: ") && refused.contains(says), "{refused}");
        }
    }
}
