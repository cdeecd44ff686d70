//! `cargo fanout record`: puts the last run into results/, where git keeps it.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_record::{file, last, store, workspace};
use fanout_report::history;

use super::say::{say, tell};

/// Put the last run of `cargo bench` into results/.
///
/// There `history` follows it and `compare` finds it. It is a run of the commit that was checked out when it was measured: commit
/// first, then measure, then record. Prints the path of the new file, for you to add to git; what is recorded is never rewritten.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let run = file::read(&last::path()).context("there is no last run to record; `cargo bench` makes one")?;
    ensure!(
        run.source.debug != Some(true),
        "the last run was built without optimisation; `cargo bench` builds with it"
    );
    let results = arguments.results.clone().unwrap_or_else(|| workspace().join("results"));
    let path = match store::put(&results, &run) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("this run is recorded already: {}", run.id),
        other => other.with_context(|| format!("cannot record into {}", results.display()))?,
    };
    match run.source.dirty {
        Some(false) => {}
        Some(true) => tell("note: tracked files differed from the commit when this was measured"),
        None => tell("note: there was no git to say which commit was measured"),
    }
    // So that the next history need not read it whole. What stands in the way of that stands in no other.
    let _ = history::digest(&path, &history::folder());
    say(path.display());
    Ok(ExitCode::SUCCESS)
}
