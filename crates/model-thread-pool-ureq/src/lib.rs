//! The pool of `thread-pool` with a synchronous client (ureq): each thread does its own traffic, no hidden runtime.
//!
//! - Pick it when the code around it is synchronous and should stay so down to the socket, for its size or its build.
//! - It costs a thread (stack, context switches) per request in flight, as `thread-pool` does, without the event loop
//!   that all of those threads wait on. ureq has no HTTP/2.

use fanout_clients::ureq::Client;
use fanout_model::{Concurrency, Model, Runner, Settings, SetupError};
use model_thread_pool::Pool;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct ThreadPoolUreq;

impl Model for ThreadPoolUreq {
    fn id(&self) -> &'static str {
        "thread-pool-ureq"
    }

    fn about(&self) -> &'static str {
        "threads taking requests from a queue, one shared synchronous client (ureq)"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        Ok(Box::new(Pool::start(settings.concurrency, move |url| client.fetch(url))?))
    }
}
