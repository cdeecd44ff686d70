//! Does the mock server stay small, and does it answer every request? The server gets a million requests in batches
//! of 1,000, twice: once with the harness's reset between batches, and once without any reset.
//!
//! The answer looks like: a flat line well below 100 MB, and no failure. If wiremock never dropped requests, it would
//! keep 4.5 GB. `cargo bench -p fanout-benches --bench server_memory` runs it, in about a minute; a plain
//! `cargo bench` does not.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use fanout_harness::server::{Server, Serving};
use fanout_model::{Request, Settings};
use fanout_models::FLOOR;
use fanout_suite::by_name::is_tried;
use fanout_usage::Footprint;

const BATCH: usize = 1_000;

const MOST_MEGABYTES: f64 = 100.0;

fn main() -> ExitCode {
    fanout_harness::enter();
    let batches = if is_tried() { 10 } else { 1_000 };
    for (name, reset) in [("reset between batches", true), ("left to itself", false)] {
        if let Err(error) = serve(name, reset, batches) {
            eprintln!("server_memory, {name}: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn serve(name: &str, reset: bool, batches: usize) -> anyhow::Result<()> {
    let server = Server::start(Serving::default())?;
    let mut runner = FLOOR.prepare(&Settings::new(20.try_into()?)?)?;
    let requests = vec![Request::get(server.uuid_url())?; BATCH];
    let start = Instant::now();
    for batch in 0..batches {
        if reset {
            server.reset()?;
        }
        if let Some(error) = runner.run(&requests).into_iter().find_map(|outcome| outcome.result.err()) {
            bail!("a request of batch {batch} failed: {error}");
        }
    }
    let (requests, seconds) = (batches * BATCH, start.elapsed().as_secs_f64());
    let process = server.process().context("the server is on this machine")?;
    let peak = Footprint::of(process).peak_memory as f64 / 1e6;
    ensure!(peak > 0.0, "cannot read the server's memory");
    if peak > MOST_MEGABYTES {
        bail!("its memory grew to {peak:.1} MB over {requests} requests, beyond {MOST_MEGABYTES} MB");
    }
    println!(
        "{name}: {requests} requests, none failed, peak {peak:.1} MB, {:.0} requests/s",
        requests as f64 / seconds
    );
    Ok(())
}
