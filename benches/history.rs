//! How long does it take to write the page of 1,000 recorded runs, and how large is it? Each run has seventeen models
//! in six questions. It is like the newest run in results/ and as large, with steps, drift and noise.
//!
//! The answer looks like: 0.35 seconds, and two megabytes. For this time, a summary of each run was kept by an
//! earlier page, or by `cargo fanout record`, in `target/fanout/history/`. `history cold` is the first page, before
//! anything is kept, as after a clone. The samples of each run are then decompressed and read, on all processors,
//! with the files in the system's memory. On two shared processors, that took 4.8 seconds on 2026-11-27. The goal is
//! 2 seconds. Most of the time goes into reading numbers, into the memory for them, and into making a thousand small
//! files of what is kept. If a disk has to be read, that time comes on top.
//!
//! The bench needs 0.4 GB in the target folder while it runs. `cargo bench -p fanout-benches --bench history` runs
//! it; a plain `cargo bench` does not. With `--test`, a trial run takes 20 runs.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use criterion::{BatchSize, Criterion};
use fanout_analysis::history::{CommitLinks, History, load};
use fanout_record::git::lineage::Lineage;
use fanout_record::paths::{derived, results};
use fanout_record::run::{Arm, Role, Run};
use fanout_record::{read, store};
use fanout_report::page::history::write;
use fanout_suite::by_name::{ended, is_tried};
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

const RUNS: usize = 1_000;

/// The number of runs in a trial run.
const TRIED: usize = 20;

fn main() -> ExitCode {
    ended("history", measure(if is_tried() { TRIED } else { RUNS }))
}

/// Measures with this many runs.
fn measure(runs: usize) -> anyhow::Result<()> {
    let path = store::runs(&results())?.pop().context("no run is recorded")?;
    // The folder is not in /tmp, which may be in memory.
    fs::create_dir_all(derived())?;
    let folder = tempfile::tempdir_in(derived())?;
    let (results, cache) = (folder.path().join("results"), folder.path().join("cache"));
    let output = folder.path().join("history.html");
    let bytes = make(&read::run(&path)?, &results, runs)?;
    // This covers everything from the runs' files to the page's file, all on disk.
    let page = || -> anyhow::Result<History> {
        let history = History::of(load(&results, &cache), None, &Lineage::default());
        write(&history, &CommitLinks::default(), &output)?;
        Ok(history)
    };
    let history = page()?;
    anyhow::ensure!(history.runs() == runs && history.bad.is_empty(), "{:?}", history.bad);

    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("history", |bencher| bencher.iter(page));
    criterion.bench_function("history cold", |bencher| {
        bencher.iter_batched(|| forget(&cache), |forgotten| forgotten.map(|()| page()), BatchSize::PerIteration);
    });
    let (series, changes) = (history.series().count(), history.changes().count());
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "{runs} runs of {:.0} MB have {series} series and {changes} changes; the page is {:.2} MB",
        megabytes(bytes),
        megabytes(fs::metadata(&output)?.len())
    );
    Ok(())
}

/// Removes the summaries of the runs.
fn forget(cache: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(cache) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes this many runs, and returns their total size.
fn make(like: &Run, results: &Path, runs: usize) -> anyhow::Result<u64> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = 0;
    // The details behind the samples are the same in all runs.
    let details = compress(json(like)?.1.as_bytes())?;
    for n in 0..runs {
        let mut run = like.clone();
        run.id = format!("01M83ARPHYSBBJVA28E97{n:05}");
        run.started = format!("2026-{:02}-{:02}T{:02}:00:00Z", 1 + n / 672, 1 + n / 24 % 28, n % 24);
        run.source.commit = Some(format!("{n:08x}{n:032x}"));
        let scenarios = run.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        for (i, arm) in scenarios.flat_map(|scenario| &mut scenario.arms).enumerate() {
            change(arm, i, n, &mut random);
        }
        let path = results.join(store::place(&run));
        fs::create_dir_all(path.parent().context("a run's file is in a folder")?)?;
        let compressed = [compress(json(&run)?.0.as_bytes())?, details.clone()].concat();
        bytes += compressed.len() as u64;
        let mut file = File::create(path)?;
        file.write_all(&compressed)?;
        // This way, nothing is left to be written to the disk during the measurement.
        file.sync_all()?;
    }
    Ok(bytes)
}

/// Returns the two parts of a run's file: the samples, and the details behind them.
fn json(run: &Run) -> anyhow::Result<(String, String)> {
    let whole = serde_json::to_string(run)?;
    let at = whole.find(",\"details\":").context("a run's file ends with its details")?;
    Ok((whole[..at].to_owned(), whole[at..].to_owned()))
}

/// Compresses a part into a frame like those of recorded runs, but at a faster level. At the store's own level, a
/// thousand runs would take minutes.
fn compress(part: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut compressor = Compressor::new(3)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor.compress(part)?)
}

/// Adds noise to every arm, a step of 10 % to one in three, and a drift of 5 % to one in seven.
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
