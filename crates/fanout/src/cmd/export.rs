//! `cargo fanout export`: a run in the formats of other programs.

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use fanout_export::{Format, export};
use fanout_record::file;

/// Turn a run into what other programs read.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`].
    run: Option<PathBuf>,

    /// What to turn it into.
    #[arg(long, short, value_enum)]
    format: Format,

    /// Where to write it [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let run = super::run_file(arguments.run.as_deref())?;
    let bytes = export(&run, arguments.format)?;
    match &arguments.output {
        Some(path) => {
            file::replace_bytes(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => {
            let shown = arguments.format == Format::Parquet && stdout().is_terminal();
            ensure!(!shown, "Parquet is nothing for a terminal: name a file with --output");
            stdout().write_all(&bytes)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
