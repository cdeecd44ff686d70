//! All requests as futures on one thread, over io_uring. The program hands reads and writes to the kernel, which
//! reports when they are done. With an event loop, the kernel reports when the program can try them.
//!
//! Without io_uring it returns an error. It never falls back to another driver.

mod client;

use std::io;
use std::num::NonZeroUsize;

use compio::driver::{DriverType, ProactorBuilder};
use compio::runtime::{Runtime, RuntimeBuilder};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Lanes, Model, Outcome, OwnThread, Runner, Settings, SetupError,
    Url, runtime,
};
use futures_util::stream::{StreamExt, iter};

use crate::client::Client;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct Compio;

impl Model for Compio {
    fn id(&self) -> &'static str {
        "compio"
    }

    fn about(&self) -> &'static str {
        "futures on one thread over io_uring, one asynchronous client (cyper)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "the program is built on compio, or does a great deal of I/O on a kernel that you choose",
            it_costs: "portability (it needs Linux, and a kernel or container that allows io_uring), and far fewer \
                programs use its libraries. Its futures stay on their thread",
            called: Called::Blocking,
            one_host: false,
            libraries: &["compio", "cyper", "futures-util"],
            crates: 171,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn available(&self) -> Result<(), SetupError> {
        io_uring().build().map(drop).map_err(refused)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        let (settings, limit) = (settings.clone(), settings.concurrency);
        let own_thread = OwnThread::start("compio", move || {
            let runtime = RuntimeBuilder::new().with_proactor(io_uring()).build().map_err(refused)?;
            let client = runtime.enter(|| Client::new(&settings))?;
            let prepared = Prepared { client, runtime };
            Ok(move |batch, urls: &[Url]| prepared.run(batch, urls, limit))
        })?;
        Ok(Box::new(own_thread))
    }
}

/// Requires io_uring, even if another crate adds compio's second driver to the build.
fn io_uring() -> ProactorBuilder {
    let mut builder = ProactorBuilder::new();
    builder.driver_type(DriverType::IoUring);
    builder
}

fn refused(error: io::Error) -> SetupError {
    SetupError::Unsupported(format!("io_uring: {error}"))
}

struct Prepared {
    // The client is dropped first, because its connections belong to the runtime.
    client: Client,
    runtime: Runtime,
}

impl Prepared {
    // Excerpt: begins.
    fn run(&self, batch: Batch, urls: &[Url], limit: NonZeroUsize) -> Vec<Outcome> {
        let lanes = Lanes::new(limit);
        let requests = urls.iter().enumerate().map(async |(index, url)| {
            let lane = lanes.take().expect("there are as many lanes as requests in flight");
            let span = batch.begin(lane.index());
            (index, span.end(self.client.fetch(url).await))
        });
        let finished: Vec<_> = self.runtime.block_on(iter(requests).buffer_unordered(limit.get()).collect());
        batch.in_order(urls.len(), finished)
    }
    // Excerpt: ends.
}
