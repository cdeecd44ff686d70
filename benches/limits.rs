//! Does a large batch stay within its limits? A batch has 10,000 requests with 256 in flight and a delay of 5 ms, and
//! each process may have 1,024 open files. One model runs after the other, each with its own server and for three
//! batches.
//!
//! The answer looks like: every model completes with tens of megabytes (each of the process pool's 256 processes
//! needs some), opens few more connections than may be in flight, and leaves none open. The bench does not show which
//! model is faster, because the models do not take turns. It reads `FANOUT_MODELS`.
//! `cargo bench -p fanout-benches --bench limits` runs it, in about a minute.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fanout_harness::arm::RunningArm;
use fanout_harness::case::Case;
use fanout_harness::config::Config;
use fanout_harness::endpoint::Endpoint;
use fanout_harness::server::Server;
use fanout_model::Model;
use fanout_record::run::Role;
use fanout_suite::by_name::{ended, is_tried};
use fanout_suite::taking_part::{chooses, control_arms, taking_part};
use mock_server::Engine;
use nix::sys::resource::{Resource, setrlimit};

/// The number of batches for each model.
const BATCHES: usize = 3;

const OPEN_FILES: u64 = 1_024;

/// The most memory that a model may need: 10 MB for each request in flight, which is one process of the process pool.
/// Code that was not optimized is much larger, and every process counts the code that it has read, so that a build
/// with debug assertions has no such limit.
const MOST_MEGABYTES: f64 = if cfg!(debug_assertions) { f64::INFINITY } else { 2_560.0 };

/// The most connections that a model may open: one for each request in flight, and some that pools open when a new
/// connection races with a reused one.
const MOST_CONNECTIONS: u64 = 320;

fn main() -> ExitCode {
    fanout_harness::enter();
    let requests = if is_tried() { 1_000 } else { 10_000 };
    ended("limits", all(requests))
}

fn all(requests: usize) -> anyhow::Result<()> {
    let config = Config::from_env().map_err(anyhow::Error::msg)?;
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET");
    // Every process that is started from here on inherits this limit, the server included.
    setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES).context("cannot limit open files")?;
    println!("{:24} {:>8} {:>8} {:>12} {:>10}", "model", "peak MB", "threads", "connections", "median ms");
    for model in taking_part(&config, chooses, false)?.into_iter().chain(control_arms()?) {
        one(model, requests).with_context(|| model.id().to_owned())?;
    }
    Ok(())
}

fn one(model: &'static dyn Model, requests: usize) -> anyhow::Result<()> {
    let (concurrency, delay) = (NonZeroUsize::new(256), Duration::from_millis(5));
    let case = Case { requests, concurrency, delay, engine: Engine::Hyper, ..Case::WARM };
    let (entrant, scenario) = (case.entrant(model.id().into(), model, Role::Model)?, case.scenario());
    let endpoint = Endpoint::open_for(&scenario, case.engine)?;
    let server = endpoint.server().context("the server is ours")?;
    let work = endpoint.work(&scenario)?;
    // This opens the connection of this process to the server, so that it is counted as idle.
    server.stats()?;
    let idle = sockets(server);
    let mut arm = RunningArm::new(&entrant, &work)?;
    let mut samples = Vec::new();
    for round in 0..BATCHES {
        samples.push(arm.sample(round)?.0);
    }
    drop(arm);
    // The server notices closed connections a moment later.
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let left = sockets(server).saturating_sub(idle);
        if left == 0 {
            break;
        }
        ensure!(Instant::now() < deadline, "{left} connections are left");
        sleep(Duration::from_millis(10));
    }
    let most = |of: fn(&fanout_record::run::Sample) -> u64| samples.iter().map(of).max().unwrap_or_default();
    let memory = most(|sample| sample.usage.peak_memory) as f64 / 1e6;
    let connections = most(|sample| sample.server.and_then(|server| server.connections).unwrap_or_default());
    ensure!(memory <= MOST_MEGABYTES, "{memory:.0} MB, beyond {MOST_MEGABYTES}");
    ensure!(connections <= MOST_CONNECTIONS, "{connections} connections, beyond {MOST_CONNECTIONS}");
    let mut times: Vec<u64> = samples.iter().map(|sample| sample.wall_ns).collect();
    times.sort_unstable();
    let median = times[times.len() / 2] as f64 / 1e6;
    let threads = most(|sample| sample.usage.threads);
    println!("{:24} {memory:>8.1} {threads:>8} {connections:>12} {median:>10.0}", model.id());
    Ok(())
}

/// Returns how many sockets the server has open.
fn sockets(server: &Server) -> usize {
    let process = server.process().expect("the server is on this machine");
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let is_socket = |to: std::path::PathBuf| to.to_string_lossy().starts_with("socket:");
    files.filter(|file| std::fs::read_link(file.path()).is_ok_and(is_socket)).count()
}
