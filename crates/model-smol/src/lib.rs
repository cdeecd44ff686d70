//! Asynchronous requests without tokio: the lanes of `hyper`, driven by smol on one thread.
//!
//! `runtime` adapts smol to hyper; this file is the model.

mod runtime;

use fanout_clients::hyper::http1::{Client, Slot};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError,
};
use model_hyper::fetch_all;

pub use crate::runtime::SmolRuntime;

/// The model; see the crate's header. Inside a running executor, use [`fetch_all`] with a client on [`SmolRuntime`].
#[derive(Debug)]
pub struct Smol;

impl Model for Smol {
    fn id(&self) -> &'static str {
        "smol"
    }

    fn about(&self) -> &'static str {
        "the lanes of `hyper` on smol, without tokio (hyper's connection API)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "the program uses smol already, or when tokio is too large for it",
            it_costs: "as much as `hyper`, and a little more for each wake-up. Few libraries work with it without an \
                adapter (here smol-hyper), and the comfortable HTTP clients do not. Looking up a name takes a \
                thread for a moment",
            called: Called::Blocking,
            one_host: false,
            libraries: &["futures-rustls", "futures-util", "http-body-util", "hyper", "smol", "smol-hyper"],
            crates: 77,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        fanout_model::runtime::refuse()?;
        let slots = (0..settings.concurrency.get()).map(|_| Slot::default()).collect();
        let client = Client::new(SmolRuntime::new(settings)?, settings)?;
        Ok(Box::new(Prepared { client, slots }))
    }
}

struct Prepared {
    client: Client<SmolRuntime>,
    slots: Vec<Slot<SmolRuntime>>,
}

// Excerpt: begins.
impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = fanout_model::runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        smol::block_on(fetch_all(&self.client, requests, &mut self.slots))
    }
}
// Excerpt: ends.
