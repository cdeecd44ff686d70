//! `cargo fanout record`: copies a run, by default the last one, into results/, where git keeps it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_analysis::history;
use fanout_record::paths::results;
use fanout_record::{last, store};

use super::say::{say, tell};

/// Put the last run of `cargo bench` into results/.
///
/// `cargo fanout history` and `cargo fanout diff` read it there. The run belongs to the commit that was checked out
/// when you measured, so commit first, then measure, then record. The command prints the path of the new file; add it
/// to git. A recorded run is never rewritten.
///
/// The command refuses a run without samples. It also refuses a partial run, unless you give --partial: somebody
/// interrupted the bench, or some of what was asked for could not be measured.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`].
    run: Option<PathBuf>,

    /// Record the run though some of what it was asked for was not measured.
    #[arg(long)]
    partial: bool,

    /// Folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

/// A hint at the previous run's file, if there is one.
fn before() -> String {
    let previous = last::previous_path();
    if previous.is_file() { format!("; the run before it is {}", previous.display()) } else { String::new() }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let run = super::run_file(arguments.run.as_deref())?;
    ensure!(run.source.debug != Some(true), "the run was built without optimisation; `cargo bench` builds with it");
    ensure!(!run.is_empty(), "the run has no samples, so that there is nothing to record{}", before());
    ensure!(
        arguments.partial || !run.is_partial(),
        "the run is partial; measure it again, or record it as it is with --partial"
    );
    if let Some(above) = arguments.results.as_deref().and_then(Path::parent) {
        let is_there = above.as_os_str().is_empty() || above.is_dir();
        ensure!(is_there, "there is no folder {}: make it first, to begin a new store below it", above.display());
    }
    let results = arguments.results.clone().unwrap_or_else(results);
    let path = match store::put(&results, &run) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("this run is recorded already: {}", run.id),
        other => other.with_context(|| format!("cannot record into {}", results.display()))?,
    };
    let source = &run.source;
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
    // This prepares the run for the next history, which then need not read all of it. A failure here does no harm.
    let _ = history::digest(&path, &history::folder());
    say(path.display());
    Ok(ExitCode::SUCCESS)
}
