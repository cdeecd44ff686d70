//! The verbs. Each file has the `Arguments` of one, and a `run` that tells its story.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stdout};
use std::path::Path;

use anyhow::Context;
use fanout_record::{Run, file, last};

pub(crate) mod annotate;
mod batch;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod history;
pub(crate) mod models;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod trace;

/// The run of this file, or the last one.
fn run_file(path: Option<&Path>) -> anyhow::Result<Run> {
    match path {
        Some(path) => Ok(file::read(path)?),
        None => {
            file::read(&last::path()).context("there is no last run; `cargo bench` makes one, or name a run's file")
        }
    }
}

/// Prints a line where the exit code is the answer: it stands also where somebody closed the pipe, as `head` does.
fn say(line: impl Display) -> anyhow::Result<()> {
    match writeln!(stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        said => Ok(said?),
    }
}

/// Percent of something, from 0 to 1,000.
fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    percent.filter(|percent| (0.0..=1_000.0).contains(percent)).ok_or_else(|| "it is no number from 0 to 1000".into())
}

/// What a page may link to: no script, and no file of whoever opens it.
fn web_address(text: &str) -> Result<String, String> {
    let is = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    if is { Ok(text.to_owned()) } else { Err("it begins with neither https:// nor http://".into()) }
}

/// Whether somebody closed the pipe that we write to, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
