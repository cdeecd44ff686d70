//! `cargo fanout history`: writes the page of all recorded runs, which shows what changed and when.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use fanout_analysis::history::{self, CommitLinks, Digest, History};
use fanout_record::git::lineage::Lineage;
use fanout_record::paths::{self, workspace};
use fanout_record::store::Store;
use fanout_report::notices;
use fanout_report::page::history::{path, write};

use super::bucket;
use super::say::tell;
use super::{cannot_write, check_output, say_path};

/// Write the page of all recorded runs: what changed, and when.
///
/// The page follows each model's distance to the floor through the recorded runs. It names the commits between which
/// the level changed. To find a change, it needs about ten runs before it and ten after it. `cargo fanout compare`
/// judges a single commit, and needs no recorded run.
///
/// The runs are in the order of their commits, along the first parents of the commit that is checked out. A run whose
/// commit the repository does not know is placed by its clock. The page never joins runs of different machines,
/// toolchains or flags, or scenarios with different settings. It leaves out runs of debug builds. `cargo fanout
/// annotate` accepts a change.
///
/// The command prints the path of the page. The exit code is 0 whatever changed, and 2 if there is nothing to show.
/// You may delete fanout/history/ in the target folder; it only makes the next page faster.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,

    /// Read the runs of this store instead: a folder, or s3://BUCKET/PREFIX. The variables AWS_* hold the key.
    #[arg(long, value_name = "URL", conflicts_with = "results")]
    from: Option<String>,

    /// Where to write the page, - for standard output [default: fanout/history.html in the target folder].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Show the runs of this machine only. Each file in results/machines/ is named after a machine's id.
    #[arg(long, value_name = "ID")]
    machine: Option<String>,

    /// Link each commit: what its address begins with, such as https://host/owner/repo/commit/.
    #[arg(long, value_name = "URL", value_parser = super::web_address)]
    commit_url: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let output = arguments.output.clone().unwrap_or_else(path);
    check_output(&output)?;
    let (named, store) = store(arguments.results.as_deref(), arguments.from.as_deref())?;
    let history = recorded(&named, store, arguments.machine.as_deref())?;
    let links = CommitLinks { commits: arguments.commit_url.clone() };
    write(&history, &links, &output).with_context(|| cannot_write(&output))?;
    say_path(&output);
    Ok(ExitCode::SUCCESS)
}

/// What is recorded in this folder, or in the store of this address, or else in results/, and what messages call it.
pub(super) fn store(results: Option<&Path>, from: Option<&str>) -> anyhow::Result<(PathBuf, Store<Digest>)> {
    if let Some(address) = from {
        return bucket::digests(address);
    }
    let results = results.map_or_else(paths::results, Path::to_owned);
    let store = history::load(&results, &history::folder());
    Ok((results, store))
}

/// The history of these runs, and only of one machine if its id is given. It names bad files and runs with a wrong
/// clock on standard error, and uses the rest. It is an error if no run is left.
pub(super) fn recorded(results: &Path, store: Store<Digest>, machine: Option<&str>) -> anyhow::Result<History> {
    let shown = || store.runs.iter().map(|(_, run)| run).filter(|run| !run.debug);
    let mut machines: Vec<String> = shown().map(|run| run.machine.id()).collect();
    machines.sort_unstable();
    machines.dedup();

    let commits = shown().filter_map(|run| run.commit.clone());
    let lineage = Lineage::of(&workspace(), commits);
    let history = History::of(store, machine, &lineage);
    notices::of(&history).iter().for_each(tell);
    if let (Some(words), true) = (&history.order.refusal, history.order.by_clock > 0) {
        tell(format!(
            "note: the runs are ordered by the clock, because git did not report the order of their commits: {words}"
        ));
    }
    if history.runs() == 0 {
        match machine {
            Some(id) if !machines.is_empty() => {
                bail!("no run of machine {id} in {}: there are runs of {}", results.display(), machines.join(", "))
            }
            _ => bail!(
                "no run in {}: `cargo fanout record` puts the last one into results/, and `record --to` into a store",
                results.display()
            ),
        }
    }
    if history.series().next().is_none() {
        bail!("no run in {} has both a floor and a model", results.display());
    }
    Ok(history)
}
