//! `cargo fanout report`: writes the page of a run, a site of all recorded runs, or the README's answer, which is
//! made from a recorded run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use fanout_analysis::history::CommitLinks;
use fanout_models::describe;
use fanout_record::paths::{results, workspace};
use fanout_record::{input, last, last_price, output, read, store};
use fanout_report::page::{self, Links, site};
use fanout_report::readme;

use super::say::{say, tell};
use super::{cannot_write, check_output, say_path};

/// Write the page of a run: one file to open in a browser.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The run's file [default: the last run of `cargo bench`; with --readme the run that the README names].
    run: Option<PathBuf>,

    /// Where to write the page, - for standard output [default: fanout/report.html in the target folder].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write a static site of all recorded runs into this folder: an index, a page for each run, the history and the
    /// glossary. The folder is made if it does not exist.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["run", "output"])]
    site: Option<PathBuf>,

    /// With --site: the folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER", requires = "site")]
    results: Option<PathBuf>,

    /// With --site: link each commit to what its address begins with, such as https://host/owner/repo/commit/.
    #[arg(long, value_name = "URL", value_parser = super::web_address, requires = "site")]
    commit_url: Option<String>,

    /// Write the answer into README.md, and its pictures into results/, instead of a page.
    #[arg(long, conflicts_with_all = ["output", "site"])]
    readme: bool,

    /// Write nothing; exit with 1 where the README or one of its pictures is not what the run says.
    #[arg(long, requires = "readme")]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.readme {
        return write_readme(arguments);
    }
    if let Some(folder) = &arguments.site {
        return write_site(arguments, folder);
    }
    let path = arguments.output.clone().unwrap_or_else(page::path);
    check_output(&path)?;
    let run = super::run_file(arguments.run.as_deref())?;
    // Criterion's pages are about the last run only.
    let is_last = read::run(&last::path()).is_ok_and(|last| last.id == run.id);
    let criterion = is_last.then(fanout_record::paths::criterion).filter(|folder| folder.is_dir());
    let links = Links { criterion, site: false, prices: last_price::at_hand(&results()) };
    page::write(&run, &links, describe, &path).with_context(|| cannot_write(&path))?;
    say_path(&path);
    Ok(ExitCode::SUCCESS)
}

/// A run that cannot be read is named on standard error, and the rest is shown. The history names those whose samples
/// it cannot read.
fn write_site(arguments: &Arguments, folder: &Path) -> anyhow::Result<ExitCode> {
    let results = arguments.results.clone().unwrap_or_else(results);
    let (named, store) = super::history::store(Some(&results), None)?;
    let history = super::history::recorded(&named, store, None)?;
    let paths = store::runs(&results).with_context(|| format!("cannot read {}", results.display()))?;
    let is_named = |path: &Path| history.bad.iter().any(|bad| bad.path == path);
    let readable = |path: &PathBuf| match read::run(path) {
        Ok(run) => Some(run),
        Err(error) => {
            if !is_named(path) {
                tell(format!("note: left out: {:#}", anyhow::Error::new(error)));
            }
            None
        }
    };
    let runs = paths.iter().filter_map(readable);
    let links = CommitLinks { commits: arguments.commit_url.clone() };
    let (prices, bad) = store::prices(&results);
    bad.iter().for_each(|bad| tell(format!("note: left out: {bad}")));
    let newest = prices.iter().rev().map(|(_, prices)| prices).find(|prices| !prices.is_empty());
    let index =
        site::write(folder, runs, &history, &links, newest, describe).with_context(|| cannot_write(folder))?;
    say_path(&index);
    Ok(ExitCode::SUCCESS)
}

fn write_readme(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = workspace().join("README.md");
    let readme = input::text(&path, input::LIMIT).with_context(|| format!("cannot read {}", path.display()))?;
    let place = readme::find(&readme)?;
    let name = match &arguments.run {
        Some(run) => in_workspace(run)?,
        None => place.run.clone(),
    };
    let run = read::run(&workspace().join(&name))?;
    let filled = place.fill(&readme, &name, &run, describe);
    let picture = readme::picture(&run, describe).with_context(|| format!("{name} compares no models"))?;
    let mut files = vec![(path, filled), (results().join("answer.svg"), picture)];
    // A run of earlier times holds no batches. The README then does not show them.
    files.extend(readme::batches(&run, describe).map(|batches| (results().join("batches.svg"), batches)));
    if arguments.check {
        let is_old = |(path, text): &&(PathBuf, String)| input::text(path, input::LIMIT).ok().as_ref() != Some(text);
        let old: Vec<_> = files.iter().filter(is_old).collect();
        for (path, _) in &old {
            let file = path.display();
            tell(format!("{file} does not match {name}: `cargo fanout report --readme` updates it"));
        }
        return Ok(if old.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    for (path, text) in &files {
        output::write(path, text.as_bytes()).with_context(|| cannot_write(path))?;
        say(path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The path of a recorded run as the README can name it. The run must be in the workspace, so that every reader has
/// it.
fn in_workspace(run: &Path) -> anyhow::Result<String> {
    let whole = fs::canonicalize(run).with_context(|| format!("cannot read {}", run.display()))?;
    let folder = fs::canonicalize(workspace()).context("the workspace that this was built from is gone")?;
    let name = whole.strip_prefix(&folder).ok().filter(|name| name.starts_with("results"));
    let elsewhere = || format!("{} is not in results/: `cargo fanout record` puts the last run there", run.display());
    Ok(name.with_context(elsewhere)?.display().to_string())
}
