//! The pool of `thread-pool` with a synchronous client (ureq): each thread does its own I/O, without a hidden
//! runtime.

use fanout_clients::ureq::Client;
use fanout_model::{Called, Concurrency, Description, Family, Model, Runner, Settings, SetupError};
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

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Threads,
            pick_it_when: "the surrounding code is synchronous and should be so down to the socket, for a smaller \
                program or build",
            it_costs: "a thread (stack, context switches) for each request in flight, as `thread-pool` does, but \
                there is no event loop for which all of those threads wait. ureq has no HTTP/2",
            called: Called::Blocking,
            one_host: false,
            libraries: &["ureq"],
            crates: 24,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    // Excerpt: begins.
    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        Ok(Box::new(Pool::start(settings.concurrency, move |request| client.fetch(request))?))
    }
    // Excerpt: ends.
}
