//! How long does it take to write the page of a run, and how large is it? The run has all models in six questions: it
//! is the newest one in results/.
//!
//! The answer looks like: tenths of a second, and two megabytes. The goal is less than one second and 5 MB.
//! `cargo bench -p fanout-benches --bench page` runs it; a plain `cargo bench` does not.

use std::fs;
use std::process::ExitCode;

use anyhow::Context;
use criterion::Criterion;
use fanout_record::paths::results;
use fanout_record::{read, store};
use fanout_report::page::{self, Links};
use fanout_suite::by_name::ended;

fn main() -> ExitCode {
    ended("page", measure())
}

fn measure() -> anyhow::Result<()> {
    let path = store::runs(&results())?.pop().context("no run is recorded")?;
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("page.html");
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    // The time covers everything from the run's file to the page's file, both on disk.
    let write = || anyhow::Ok(page::write(&read::run(&path)?, &Links::default(), fanout_models::describe, &output)?);
    write().with_context(|| format!("no page of {}", path.display()))?;
    criterion.bench_function("page", |bencher| bencher.iter(write));
    println!("{} is a page of {:.2} MB", path.display(), fs::metadata(&output)?.len() as f64 / 1e6);
    Ok(())
}
