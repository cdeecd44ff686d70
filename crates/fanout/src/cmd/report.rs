//! `cargo fanout report`: writes the page of a run, or the README's answer, which is made from a recorded run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use fanout_models::describe;
use fanout_record::paths::workspace;
use fanout_record::{input, last, output, read};
use fanout_report::page::{self, Links};
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

    /// Write the answer into README.md, and its picture into results/, instead of a page.
    #[arg(long, conflicts_with = "output")]
    readme: bool,

    /// Write nothing; exit with 1 where the README or its picture is not what the run says.
    #[arg(long, requires = "readme")]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.readme {
        return write_readme(arguments);
    }
    let path = arguments.output.clone().unwrap_or_else(page::path);
    check_output(&path)?;
    let run = super::run_file(arguments.run.as_deref())?;
    // Criterion's pages are about the last run only.
    let is_last = read::run(&last::path()).is_ok_and(|last| last.id == run.id);
    let criterion = is_last.then(fanout_record::paths::criterion).filter(|folder| folder.is_dir());
    page::write(&run, &Links { criterion }, describe, &path).with_context(|| cannot_write(&path))?;
    say_path(&path);
    Ok(ExitCode::SUCCESS)
}

fn write_readme(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (path, picture_path) = (workspace().join("README.md"), workspace().join("results/answer.svg"));
    let readme = input::text(&path, input::LIMIT).with_context(|| format!("cannot read {}", path.display()))?;
    let place = readme::find(&readme)?;
    let name = match &arguments.run {
        Some(run) => in_workspace(run)?,
        None => place.run.clone(),
    };
    let run = read::run(&workspace().join(&name))?;
    let filled = place.fill(&readme, &name, &run, describe);
    let picture = readme::picture(&run, describe).with_context(|| format!("{name} compares no models"))?;
    if arguments.check {
        let drawn = input::text(&picture_path, input::LIMIT).unwrap_or_default();
        for (is_so, file) in [(filled == readme, &path), (picture == drawn, &picture_path)] {
            if !is_so {
                let file = file.display();
                tell(format!("{file} does not match {name}: `cargo fanout report --readme` updates it"));
            }
        }
        return Ok(if filled == readme && picture == drawn { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    for (path, text) in [(&path, &filled), (&picture_path, &picture)] {
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
