//! `cargo fanout export`: writes a run, or all recorded runs, in the formats of other programs.

use std::io::{IsTerminal, stdout};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Context, bail, ensure};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use fanout_analysis::history::{CommitLinks, Digest};
use fanout_export::{export, history};
use fanout_record::output;
use fanout_report::text;

use super::say::tell;
use super::{bucket, cannot_write, check_output, table};

/// Write a run, or all recorded runs with --history, in a format that other programs read.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`].
    run: Option<PathBuf>,

    /// The format to write.
    #[arg(long, short, value_enum)]
    format: Format,

    /// Where to write it, - for standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// All recorded runs: distances to the floor and changes, as `cargo fanout history` has them. As csv, parquet or
    /// github-action-benchmark.
    #[arg(long, conflicts_with = "run")]
    history: bool,

    /// With --history: the folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER", requires = "history")]
    results: Option<PathBuf>,

    /// With --history: the runs of this store instead, a folder or s3://BUCKET/PREFIX. The variables AWS_* hold the
    /// key.
    #[arg(long, value_name = "URL", requires = "history", conflicts_with = "results")]
    from: Option<String>,

    /// With --history and parquet: write the runs into this store as one table of many files, a folder that is there
    /// or s3://BUCKET/PREFIX. Runs that the table has already are left out, and no file is ever rewritten.
    #[arg(long, value_name = "URL", requires = "history", conflicts_with_all = ["output", "commit_url"])]
    to: Option<String>,

    /// With --history: the runs of this machine alone.
    #[arg(long, value_name = "ID", requires = "history")]
    machine: Option<String>,

    /// With --history, for github-action-benchmark: what a commit's address begins with, such as
    /// https://host/owner/repo/commit/.
    #[arg(long, value_name = "URL", requires = "history", value_parser = super::web_address)]
    commit_url: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(to) = &arguments.to {
        return add(arguments, to);
    }
    let path: &Path = &arguments.output;
    check_output(path)?;
    let is_shown = output::is_stdout(path) && stdout().is_terminal();
    let is_binary = arguments.format == Format::Other(fanout_export::Format::Parquet);
    ensure!(!(is_shown && is_binary), "Parquet is binary: name a file with --output");
    let bytes = if arguments.history { all(arguments)? } else { one(arguments)? };
    output::write(path, &bytes).with_context(|| cannot_write(path))?;
    Ok(ExitCode::SUCCESS)
}

fn one(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    let run = super::run_file(arguments.run.as_deref())?;
    Ok(match arguments.format {
        Format::Markdown => text::of_run(&run).into_bytes(),
        Format::Other(format) => export(&run, format)?,
    })
}

fn all(arguments: &Arguments) -> anyhow::Result<Vec<u8>> {
    let write = match arguments.format {
        Format::Markdown => bail!(
            "markdown holds one run and no history: `cargo fanout history` writes the page of all runs, and csv is \
             their table"
        ),
        Format::Other(format) => history::writer(format)?,
    };
    let (named, store) = super::history::store(arguments.results.as_deref(), arguments.from.as_deref())?;
    let history = super::history::recorded(&named, store, arguments.machine.as_deref())?;
    Ok(write(&history, &CommitLinks { commits: arguments.commit_url.clone() })?)
}

/// Adds the runs that the table in this store does not have yet.
fn add(arguments: &Arguments, to: &str) -> anyhow::Result<ExitCode> {
    let is_parquet = arguments.format == Format::Other(fanout_export::Format::Parquet);
    ensure!(is_parquet, "--to writes a table of Parquet files: give it --format parquet");
    let (_, place) = bucket::open(to)?;
    let has = table::runs(&place)?;
    let (named, store) = super::history::store(arguments.results.as_deref(), arguments.from.as_deref())?;
    store.bad.iter().for_each(tell);
    let is_asked = |run: &Digest| arguments.machine.as_ref().is_none_or(|id| run.machine.id() == *id);
    let runs = store.runs.into_iter().map(|(_, run)| run);
    let runs: Vec<Digest> = runs.filter(|run| !run.debug && is_asked(run)).collect();
    ensure!(!runs.is_empty(), "no run in {} to export", named.display());
    table::add(&place, &runs, &has)?;
    Ok(ExitCode::SUCCESS)
}

/// The formats of `fanout_export`, and the tables of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Markdown,
    Other(fanout_export::Format),
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let others = fanout_export::Format::value_variants().iter().copied();
    iter::once(Format::Markdown).chain(others.map(Format::Other)).collect()
});

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Markdown => Some(PossibleValue::new("markdown").help("The tables that the benches print")),
            Self::Other(format) => format.to_possible_value(),
        }
    }
}
