//! Does a download that is only hashed stay out of memory? Each model downloads 1 KB, and then 64 MB, one body at a
//! time, in a fresh process each.
//!
//! The answer looks like: the peak of memory is the same for both, but for a client's buffers, which have some
//! hundreds of kilobytes. `cargo bench -p fanout-benches --bench download_memory` runs it, in about ten seconds; a
//! plain `cargo bench` does not. It fails if a model's peak for 64 MB is more than 4 MB above its peak for 1 KB. With
//! `--test`, a trial run downloads 16 MB.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use fanout_harness::arm::{Assignment, RunningArm};
use fanout_harness::case::Case;
use fanout_harness::config::Config;
use fanout_harness::endpoint::Endpoint;
use fanout_model::Model;
use fanout_models::is_floor;
use fanout_record::run::{Exchange, Role};
use fanout_suite::by_name::{ended, is_tried};
use fanout_suite::taking_part::{control_arms, taking_part};
use mock_server::Engine;

const SMALL: u64 = 1_000;

const LARGE: u64 = 64_000_000;

/// The length of the large body in a trial run. A model that kept it would still need more than it may.
const TRIED: u64 = 16_000_000;

/// How much more memory the larger body may need, in megabytes.
const MOST_MORE: f64 = 4.0;

/// How many bodies are downloaded one after another in a process, so that every buffer has grown.
const BODIES: usize = 3;

fn main() -> ExitCode {
    fanout_harness::enter();
    ended("download_memory", compare(if is_tried() { TRIED } else { LARGE }))
}

/// Compares the peaks of all models for [`SMALL`] and for bodies of `large` bytes.
fn compare(large: u64) -> anyhow::Result<()> {
    let config = Config::from_env().map_err(anyhow::Error::msg)?;
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET and FANOUT_REQUESTS");
    let mut beyond = Vec::new();
    println!("{:24} {:>10} {:>10} {:>10}", "peak memory, MB", "1 KB", format!("{} MB", large / 1_000_000), "more");
    for model in taking_part(&config, |_| true, false)?.into_iter().chain(control_arms()?) {
        let (few, many) = (peak(model, SMALL)?, peak(model, large)?);
        println!("{:24} {few:>10.2} {many:>10.2} {:>10.2}", model.id(), many - few);
        if many - few > MOST_MORE {
            beyond.push(model.id());
        }
    }
    ensure!(beyond.is_empty(), "more than {MOST_MORE} MB: {}", beyond.join(", "));
    Ok(())
}

/// Returns the most memory that the model's process had while it downloaded bodies of this length, in megabytes.
fn peak(model: &'static dyn Model, bytes: u64) -> anyhow::Result<f64> {
    let exchange = Exchange::Download { bytes, kept: false };
    let concurrency = Some(NonZeroUsize::MIN);
    let case = Case { requests: BODIES, concurrency, engine: Engine::Hyper, exchange, ..Case::WARM };
    let role = if is_floor(model.id()) { Role::Floor } else { Role::Model };
    let (entrant, scenario) = (case.entrant(model.id().into(), model, role)?, case.scenario());
    let endpoint = Endpoint::open_for(&scenario, case.engine)?;
    // It is the peak that counts and not the time, so that one batch to warm up is enough.
    let work = Assignment { warm_ups: 1, ..endpoint.work(&scenario)? };
    let (sample, _) = RunningArm::new(&entrant, &work)?.sample(0).context(model.id())?;
    Ok(sample.usage.peak_memory as f64 / 1e6)
}
