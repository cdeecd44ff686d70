//! How long does the page of 1,000 recorded runs take, and how large is it? Seventeen models in six questions, as in
//! the newest run of results/, with steps, drift and noise.
//!
//! The answer looks like: 0.15 seconds, and two megabytes. That is with what was made of each run kept from an earlier page,
//! in `target/fanout/history/`: reading, analysing and writing then take far less than the goal of 2 seconds. The first page,
//! before anything is kept, has to read each run whole. It is measured once, of runs of six rounds and 0.5 MB each, with the
//! files in the system's memory: 1.3 seconds on two processors, 2.2 where others use them. Runs as `cargo bench` leaves them
//! have 2 MB: the time for 1,000 of those, reckoned here from one, is above the goal. It was 7.6 seconds on two processors
//! that others used; a disk that has to be read comes on top.
//! `cargo bench -p fanout-benches --bench history` runs it; a plain `cargo bench` does not.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use criterion::Criterion;
use fanout_record::histogram::Latencies;
use fanout_record::run::{Arm, Role, Run};
use fanout_record::{file, store, workspace};
use fanout_report::history::{Digest, History, load};
use fanout_report::page::history::{Links, write};

const RUNS: usize = 1_000;

/// Of each run that is made: as many as an interval needs.
const ROUNDS: usize = 6;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("history: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let path = store::runs(&workspace().join("results"))?.pop().context("no run is recorded")?;
    let folder = tempfile::tempdir()?;
    let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
    let output = folder.path().join("history.html");
    let bytes = make(&file::read(&path)?, &results)?;
    // From the files to the page's, all on disk.
    let page = || -> anyhow::Result<History> {
        let history = History::of(load(&results, &cache), None);
        write(&history, &Links::default(), &output)?;
        Ok(history)
    };
    let cold = Instant::now();
    let history = page()?;
    let cold = cold.elapsed();
    anyhow::ensure!(history.runs() == RUNS && history.bad.is_empty(), "{:?}", history.bad);

    let whole = Instant::now();
    let kept = Digest::of(&file::read(&path)?);
    let whole = whole.elapsed();
    anyhow::ensure!(!kept.scenarios.is_empty(), "{} has no floor", path.display());

    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("history", |bencher| bencher.iter(page));
    let (series, changes) = (history.series().count(), history.changes().count());
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "{RUNS} runs have {series} series and {changes} changes; the page is {:.2} MB",
        megabytes(fs::metadata(&output)?.len())
    );
    println!("cold, of {:.0} MB of runs of {ROUNDS} rounds: {cold:.2?}", megabytes(bytes));
    let size = megabytes(fs::metadata(&path)?.len());
    println!(
        "a whole run of {size:.1} MB is read in {whole:.1?}: {RUNS} of them, on one processor, in {:.0?}",
        whole * RUNS as u32
    );
    Ok(())
}

/// Writes the runs. Gives the size of them all.
fn make(like: &Run, results: &Path) -> anyhow::Result<u64> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = 0;
    for n in 0..RUNS {
        let mut run = like.clone();
        run.id = format!("01M83ARPHYSBBJVA28E97{n:05}");
        run.started = format!("2026-{:02}-{:02}T{:02}:00:00Z", 1 + n / 672, 1 + n / 24 % 28, n % 24);
        run.source.commit = Some(format!("{n:08x}{n:032x}"));
        let scenarios = run.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        for (i, arm) in scenarios.flat_map(|scenario| &mut scenario.arms).enumerate() {
            arm.samples.truncate(ROUNDS);
            arm.latencies = Latencies::default();
            arm.timeline = None;
            change(arm, i, n, &mut random);
        }
        let path = results.join(store::place(&run));
        fs::create_dir_all(path.parent().context("a run's file is in a folder")?)?;
        let text = serde_json::to_vec(&run)?;
        bytes += text.len() as u64;
        fs::write(path, text)?;
    }
    Ok(bytes)
}

/// Noise in all; in one of three a step of 10 % somewhere; in one of seven a drift of 5 %.
fn change(arm: &mut Arm, i: usize, n: usize, random: &mut fastrand::Rng) {
    if arm.role == Role::Floor {
        return;
    }
    let noise = 1.0 + 0.01 * (random.f64() + random.f64() - 1.0);
    let step = if i.is_multiple_of(3) && n > i * 37 % RUNS { 1.1 } else { 1.0 };
    let drift = if i.is_multiple_of(7) { 1.0 + 0.05 * n as f64 / RUNS as f64 } else { 1.0 };
    for sample in &mut arm.samples {
        sample.wall_ns = (sample.wall_ns as f64 * noise * step * drift) as u64;
    }
}
