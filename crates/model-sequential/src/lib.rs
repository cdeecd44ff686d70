//! One request after another on one synchronous client (ureq): the notebook's first cell.

use fanout_clients::ureq::Client;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError, runtime,
};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Sequential;

impl Model for Sequential {
    fn id(&self) -> &'static str {
        "sequential"
    }

    fn about(&self) -> &'static str {
        "one synchronous client (ureq), one request after another"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneAfterAnother,
            pick_it_when: "there are few requests, or when each request depends on the result of the one before it",
            it_costs: "the sum of all waits: N times the server's delay. No model is simpler to read or to debug",
            called: Called::Blocking,
            one_host: false,
            libraries: &["ureq"],
            crates: 24,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::One
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        Ok(Box::new(Prepared { client: Client::new(settings)? }))
    }
}

struct Prepared {
    client: Client,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        // Excerpt: begins.
        let batch = Batch::start();
        requests
            .iter()
            .map(|request| {
                let span = batch.begin(0);
                span.end(self.client.fetch(request))
            })
            .collect()
        // Excerpt: ends.
    }
}
