//! `cargo fanout diff`: shows how two recorded runs differ.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use fanout_analysis::comparable::{differences, notes};
use fanout_analysis::diff;
use fanout_compare::{json, summary, words};
use fanout_record::{Run, read};

use super::say::{say, tell};
use super::sides::{THRESHOLD, ended, pretty};

/// Compare two recorded runs, by the distance of each model to the floor of its own run.
///
/// The two runs were measured at different times. A difference between them is therefore a reason to compare the
/// commits themselves, with `cargo fanout compare`.
///
/// The exit code is 1 if a model regressed even when all models and scenarios are judged together, 2 if a file cannot
/// be read, 3 if the measurements cannot tell anything about any model, and 4 if the two runs are not comparable
/// because more than the code differs.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file of the earlier run.
    #[arg(value_name = "A.json")]
    a: PathBuf,

    /// The file of the later run.
    #[arg(value_name = "B.json")]
    b: PathBuf,

    /// The smallest difference that matters, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = THRESHOLD, value_parser = super::percent)]
    threshold: f64,

    /// Compare what the two runs have in common, though machine, toolchain, build or scenarios differ.
    #[arg(long)]
    anyway: bool,

    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (a, b) = (read::run(&arguments.a)?, read::run(&arguments.b)?);
    Ok(ended(compared(&a, &b, arguments)))
}

fn compared(a: &Run, b: &Run, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let differences = differences(a, b);
    if !differences.is_empty() && !arguments.anyway {
        bail!(
            "the runs differ in more than the code; --anyway compares them all the same\n  {}",
            differences.iter().map(words::difference).collect::<Vec<_>>().join("\n  ")
        );
    }
    notes(a, b).iter().for_each(|note| tell(format!("note: {}", words::note(note))));
    let found = diff::arms(a, b, arguments.threshold / 100.0);
    if found.is_empty() {
        bail!("the two runs have no scenario in which the same model was measured");
    }
    match arguments.json {
        true => {
            let names = (arguments.a.to_string_lossy(), arguments.b.to_string_lossy());
            say(pretty(&json::of_runs(&names.0, &names.1, &found))?);
        }
        false => {
            found.iter().for_each(|it| say(summary::recorded_line(it)));
            say(summary::recorded_conclusion(&found));
        }
    }
    tell(
        "note: these runs were measured at different times, with one process for each model; to decide, compare the \
         commits themselves",
    );
    Ok(summary::recorded_exit_code(&found))
}
