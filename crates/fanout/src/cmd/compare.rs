//! `cargo fanout compare`: did this commit make something slower?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_compare::build::tree::{Tree, WORKING_TREE};
use fanout_compare::{json, summary};
use fanout_harness::interrupt;
use fanout_record::output;
use fanout_record::paths::{derived, workspace};

use super::say::{lost, say, tell};
use super::sides::{MeasuredSides, ended, measured, pretty, side};
use super::{cannot_write, check_output};

/// Compare two commits: build both in the same folder, and measure them in the same rounds.
///
/// Without arguments, the command compares HEAD with the working tree. With one revision, it compares that revision
/// with the working tree. `cargo fanout bisect A..B` searches a range of commits, and `cargo fanout diff A.json
/// B.json` compares two recorded runs.
///
/// The exit code is 0 if nothing regressed, 1 if something regressed, 3 if the measurements cannot tell, and 4 if the
/// two commits cannot be compared; the message then gives the reason, and says which commit it is. If the command
/// cannot write the summary that you asked for, the exit code is 2 instead of 0; every other code stays.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The earlier revision, the baseline [default: HEAD].
    #[arg(value_name = "A")]
    a: Option<String>,

    /// The later revision, the candidate [default: the working tree].
    #[arg(value_name = "B")]
    b: Option<String>,

    #[command(flatten)]
    measured: MeasuredSides,

    /// Print JSON for programs. Progress messages go to standard error.
    #[arg(long)]
    json: bool,

    /// Write a Markdown summary for a pull request to this file, or to standard output with -.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("a", &self.a).field("b", &self.b).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let a = arguments.a.as_deref().unwrap_or("HEAD");
    let b = arguments.b.as_deref().unwrap_or(WORKING_TREE);
    refuse(a, b, arguments)?;
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    Ok(ended(commits(a, b, arguments)))
}

/// Returns an error for arguments that belong to other verbs or contradict each other, before any work begins.
fn refuse(a: &str, b: &str, arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(range) = [a, b].into_iter().find(|side| side.contains("..")) {
        bail!("`{range}` is a range: `cargo fanout bisect {range}` finds the first commit in it that is slower");
    }
    let is_file = |side: &str| Path::new(side).metadata().is_ok_and(|facts| !facts.is_dir());
    ensure!(
        !(is_file(a) && is_file(b)),
        "{a} and {b} are files: `cargo fanout diff {a} {b}` compares two recorded runs"
    );
    let Some(path) = &arguments.markdown else { return Ok(()) };
    if arguments.json && output::is_stdout(path) {
        bail!("--json and --markdown can't both go to standard output: name a file for --markdown")
    }
    check_output(path)
}

fn commits(a: &str, b: &str, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let tree = Tree::new(&workspace(), &derived())?;
    let (a, b) = (side(&tree, "A", a)?, side(&tree, "B", b)?);
    let asked = arguments.measured.of(a, b, arguments.measured.threshold());
    // If standard output is for JSON or for the summary, people read standard error.
    let is_taken = arguments.json || arguments.markdown.as_deref().is_some_and(output::is_stdout);
    let said = |line: String| if is_taken { tell(line) } else { say(line) };
    let outcomes = measured(&asked, said);
    if let Some(path) = &arguments.markdown {
        let text = summary::markdown(&asked.baseline.name, &asked.candidate.name, &outcomes);
        // If the summary can't be written, the rest of the verb still reports the result.
        output::write(path, text.as_bytes()).unwrap_or_else(|error| lost(cannot_write(path), &error));
    }
    if interrupt::asked() {
        bail!("interrupted");
    }
    match arguments.json {
        true => say(pretty(&json::of_commits(&asked.baseline.name, &asked.candidate.name, &outcomes))?),
        false => said(summary::conclusion(&outcomes)),
    }
    Ok(summary::exit_code(&outcomes))
}
