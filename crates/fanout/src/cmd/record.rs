//! `cargo fanout record`: copies a run, by default the last one, into results/, where git keeps it, or into an object
//! store. It does the same with a price run.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_analysis::history;
use fanout_record::paths::results;
use fanout_record::source::Source;
use fanout_record::{last, last_price, read, store};
use fanout_report::price;

use super::bucket;
use super::say::{say, tell};

/// Put the last run of `cargo bench` into results/.
///
/// `cargo fanout history` and `cargo fanout diff` read it there. The run belongs to the commit that was checked out
/// when you measured, so commit first, then measure, then record. The command prints the path of the new file; add it
/// to git. A recorded run is never rewritten.
///
/// With --to, the run goes into an object store instead, under the same name, and nothing that is there is
/// overwritten. The variables AWS_* hold the key and the address of the server: see docs/fleet-history.md.
///
/// The command refuses a run without samples. It also refuses a partial run, unless you give --partial: somebody
/// interrupted the bench, or some of what was asked for could not be measured.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`; with --price the last price run].
    run: Option<PathBuf>,

    /// Record the last price run, which the bench `price` made, instead of the last run.
    #[arg(long)]
    price: bool,

    /// Record the run though some of what it was asked for was not measured.
    #[arg(long)]
    partial: bool,

    /// Folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,

    /// Record into this store instead: a folder that is there, or s3://BUCKET/PREFIX.
    #[arg(long, value_name = "URL", conflicts_with = "results")]
    to: Option<String>,
}

/// A hint at the previous run's file, if there is one.
fn before() -> String {
    let previous = last::previous_path();
    if previous.is_file() { format!("; the run before it is {}", previous.display()) } else { String::new() }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = if arguments.price { record_prices(arguments)? } else { record_run(arguments)? };
    say(path.display());
    Ok(ExitCode::SUCCESS)
}

fn record_run(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    let run = super::run_file(arguments.run.as_deref())?;
    ensure!(run.source.debug != Some(true), "the run was built without optimisation; `cargo bench` builds with it");
    ensure!(!run.is_empty(), "the run has no samples, so that there is nothing to record{}", before());
    ensure!(arguments.partial || !run.is_partial(), PARTIAL);
    if let Some(to) = &arguments.to {
        let is_same = |there: &[u8]| read::parse(Path::new(to), there).is_ok_and(|there| there == run);
        let path = bucket::put(to, &store::ship(&run)?, is_same)?;
        tell_of(&run.source);
        return Ok(path);
    }
    let results = results_of(arguments)?;
    let path = recorded(store::put(&results, &run), &run.id, &results)?;
    tell_of(&run.source);
    // This prepares the run for the next history, which then need not read all of it. A failure here does no harm.
    let _ = history::digest(&path, &history::folder());
    Ok(path)
}

fn record_prices(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    let prices = match &arguments.run {
        Some(path) => read::prices(path)?,
        None => read::prices(&last_price::path())
            .context("there is no last price run; `cargo bench -p fanout-benches --bench price` makes one")?,
    };
    ensure!(!prices.is_empty(), "the price run has no price, so that there is nothing to record");
    price::missing(&prices).iter().for_each(|missing| tell(format!("note: the price run is partial: {missing}")));
    ensure!(arguments.partial || !prices.is_partial(), PARTIAL);
    if let Some(to) = &arguments.to {
        let is_same = |there: &[u8]| read::parse_prices(Path::new(to), there).is_ok_and(|there| there == prices);
        let path = bucket::put(to, &store::ship_prices(&prices)?, is_same)?;
        tell_of(&prices.source);
        return Ok(path);
    }
    let results = results_of(arguments)?;
    let path = recorded(store::put_prices(&results, &prices), &prices.id, &results)?;
    tell_of(&prices.source);
    Ok(path)
}

const PARTIAL: &str = "the run is partial; measure it again, or record it as it is with --partial";

/// The folder to record into. A new store is begun in a folder that is there.
fn results_of(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    if let Some(above) = arguments.results.as_deref().and_then(Path::parent) {
        let is_there = above.as_os_str().is_empty() || above.is_dir();
        ensure!(is_there, "there is no folder {}: make it first, to begin a new store below it", above.display());
    }
    Ok(arguments.results.clone().unwrap_or_else(results))
}

fn recorded(put: io::Result<PathBuf>, id: &str, results: &Path) -> anyhow::Result<PathBuf> {
    match put {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("this run is recorded already: {id}"),
        other => other.with_context(|| format!("cannot record into {}", results.display())),
    }
}

/// Tells what is not certain about the code that was measured.
fn tell_of(source: &Source) {
    if source.dirty == Some(true) {
        tell("note: tracked files differed from the commit when this was measured");
    }
    let unknown = match (&source.commit, source.dirty) {
        (None, _) => Some("which commit was measured"),
        (_, None) => Some("whether tracked files differed from the commit"),
        _ => None,
    };
    if let Some(unknown) = unknown {
        let words = source.git.as_deref().unwrap_or("the run does not say why");
        tell(format!("note: git did not tell {unknown}: {words}"));
    }
}
