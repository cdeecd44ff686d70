//! Does the mock server stay small, and answer everything? A million requests in batches of 1,000, twice: once with the
//! harness's reset between batches, once left to itself.
//!
//! The answer looks like: a flat line well below 100 MB, and no failure. Without either, wiremock would keep 4.5 GB.
//! `cargo bench -p fanout-benches --bench server_memory` runs it, in about a minute; a plain `cargo bench` does not.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fanout_harness::server::{Server, Serving};
use fanout_model::{Model, Settings};
use fanout_models::FLOOR;

const BATCH: usize = 1_000;

const MOST_MEGABYTES: f64 = 100.0;

fn main() -> ExitCode {
    fanout_harness::enter();
    // As every bench, once and briefly where it is only to be tried.
    let batches = if std::env::args().any(|argument| argument == "--test") { 10 } else { 1_000 };
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
    let urls = vec![server.uuid_url(); BATCH];
    let start = Instant::now();
    for batch in 0..batches {
        if reset {
            server.reset()?;
        }
        if let Some(error) = runner.run(&urls).into_iter().find_map(|outcome| outcome.result.err()) {
            bail!("a request of batch {batch} failed: {error}");
        }
    }
    let (requests, seconds) = (batches * BATCH, start.elapsed().as_secs_f64());
    let peak = peak_memory(server.process()).context("cannot read the server's memory")?;
    if peak > MOST_MEGABYTES {
        bail!("its memory grew to {peak:.1} MB over {requests} requests, beyond {MOST_MEGABYTES} MB");
    }
    println!(
        "{name}: {requests} requests, none failed, peak {peak:.1} MB, {:.0} requests/s",
        requests as f64 / seconds
    );
    Ok(())
}

/// The most memory a process had resident, in MB: `VmHWM` of /proc/PID/status (proc(5)), which is in KiB.
fn peak_memory(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? * 1024.0 / 1e6)
}
