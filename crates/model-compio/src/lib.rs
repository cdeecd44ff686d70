//! The lanes of `hyper` on one thread, over io_uring. The program hands reads and writes to the kernel, which reports
//! when they are done. With an event loop, the kernel reports when the program can try them.
//!
//! `runtime` adapts compio to hyper; this file is the model. It does not use cyper, compio's own HTTP client, because
//! that one sends headers that the other clients do not send (cyper 0.9: an empty `accept-encoding`, and
//! `content-length: 0`). Without io_uring it returns an error. It never falls back to another driver.

mod runtime;

use std::io;

use compio::driver::{DriverType, ProactorBuilder};
use compio::runtime::{Runtime, RuntimeBuilder};
use fanout_clients::hyper::http1::{Client, Slot};
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, OwnThread, Request, Runner, Settings, SetupError,
};
use model_hyper::fetch_all;

pub use crate::runtime::CompioRuntime;

/// The model; see the crate's header. Inside a running runtime, use [`fetch_all`] with a client on [`CompioRuntime`].
#[derive(Debug)]
pub struct Compio;

impl Model for Compio {
    fn id(&self) -> &'static str {
        "compio"
    }

    fn about(&self) -> &'static str {
        "the lanes of `hyper` over io_uring, on compio (hyper's connection API)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "the program is built on compio, or does a great deal of I/O on a kernel that you choose",
            it_costs: "portability (it needs Linux, and a kernel or container that allows io_uring), and far fewer \
                programs use its libraries. Its futures stay on their thread",
            called: Called::Blocking,
            one_host: false,
            libraries: &["compio", "cyper-core", "futures-util", "http-body-util", "hyper"],
            crates: 84,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn available(&self) -> Result<(), SetupError> {
        runtime().map(drop).map_err(refused)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        fanout_model::runtime::refuse()?;
        let settings = settings.clone();
        // Excerpt: begins.
        let own_thread = OwnThread::start("compio", move || {
            let runtime = runtime().map_err(refused)?;
            let client = Client::new(CompioRuntime::new(&settings)?, &settings)?;
            let slots = (0..settings.concurrency.get()).map(|_| Slot::default()).collect();
            let mut prepared = Prepared { slots, client, runtime };
            Ok(move |batch: Batch, requests: &[Request]| {
                // The batch began on the thread that calls, before this one woke.
                let late = batch.elapsed();
                prepared.run(requests).into_iter().map(|outcome| outcome.later(late)).collect()
            })
        })?;
        // Excerpt: ends.
        Ok(Box::new(own_thread))
    }
}

/// Makes a runtime on io_uring, even if another crate adds compio's second driver to the build.
///
/// By default, the kernel interrupts the thread for each completion, wherever it is. On an idle machine, that costs
/// more than the request itself. With these flags, it keeps completions until the thread asks for them
/// (`IORING_SETUP_DEFER_TASKRUN`, io_uring_setup(2), since Linux 6.1). An older kernel does not know them.
fn runtime() -> io::Result<Runtime> {
    let mut io_uring = ProactorBuilder::new();
    io_uring.driver_type(DriverType::IoUring);
    let mut deferred = io_uring.clone();
    deferred.single_issuer(true).defer_taskrun(true);
    let build = |io_uring| RuntimeBuilder::new().with_proactor(io_uring).build();
    build(deferred).or_else(|_| build(io_uring))
}

fn refused(error: io::Error) -> SetupError {
    SetupError::Unsupported(format!("io_uring: {error}"))
}

struct Prepared {
    // The connections are dropped first, because they belong to the runtime.
    slots: Vec<Slot<CompioRuntime>>,
    client: Client<CompioRuntime>,
    runtime: Runtime,
}

impl Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        self.runtime.block_on(fetch_all(&self.client, requests, &mut self.slots))
    }
}
