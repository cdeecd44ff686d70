//! A lock held across the request: all threads wait for the one that has it.

use std::sync::{Arc, Mutex, PoisonError};

use fanout_clients::ureq::Client;
use fanout_model::{Concurrency, Model, Runner, Settings, SetupError};
use model_thread_pool::Pool;

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &LockHeld,
    name: "a lock held across the request",
    what: "Each thread takes a lock for what the threads share, and keeps it until its answer has come.",
    noticed: "The server sees one request at a time, although there are as many threads as there should be.",
    instead: "Release the lock before the request: take a copy of what is needed, or share what needs no lock.",
    twin: "thread-pool-ureq",
    limited: true,
    wrong: include_str!("lock_held.rs"),
    right: include_str!("../../model-thread-pool-ureq/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct LockHeld;

impl Model for LockHeld {
    fn id(&self) -> &'static str {
        "mistake-lock-held"
    }

    fn about(&self) -> &'static str {
        "threads taking requests from a queue, one synchronous client (ureq) behind a lock"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::One
    }

    // Excerpt: begins.
    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Arc::new(Mutex::new(Client::new(settings)?));
        Ok(Box::new(Pool::start(settings.concurrency, move |request| {
            // Wrong: the lock is released only at the end of this statement, when the answer has come.
            // Right: `client.fetch(request)`, since a client is made to be shared without a lock.
            client.lock().unwrap_or_else(PoisonError::into_inner).fetch(request)
        })?))
    }
    // Excerpt: ends.
}
