//! `cargo fanout record`: puts the last run into results/, where git keeps it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use fanout_record::{file, last, store, workspace};

/// Put the last run of `cargo bench` into results/.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder to put it in [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let run = file::read(&last::path()).context("there is no last run to record; `cargo bench` makes one")?;
    let results = arguments.results.clone().unwrap_or_else(|| workspace().join("results"));
    let path = store::put(&results, &run).with_context(|| format!("cannot record into {}", results.display()))?;
    if run.source.dirty != Some(false) {
        eprintln!("note: tracked files differed from the commit when this was measured, and the record says so");
    }
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}
