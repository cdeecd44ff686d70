//! `cargo fanout report`: the page of a run.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use fanout_record::{file, last, target};
use fanout_report::page::{self, Links};

/// Write the page of a run: one file to open in a browser.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`].
    run: Option<PathBuf>,

    /// Where to write the page [default: fanout/report.html in the target folder].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let run = super::run_file(arguments.run.as_deref())?;
    // Criterion's pages are of the last run alone.
    let is_last = file::read(&last::path()).is_ok_and(|last| last.id == run.id);
    let criterion = is_last.then(|| target().join("criterion")).filter(|folder| folder.is_dir());
    let path = arguments.output.clone().unwrap_or_else(page::path);
    page::write(&run, &Links { criterion }, &path).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}
