//! The verbs. Each file has the `Arguments` of one verb, and a `run` that carries it out.

use std::path::Path;
use std::str::FromStr;

use anyhow::Context;
use fanout_record::{Run, last, output, read};

pub(crate) mod annotate;
mod batch;
pub(crate) mod bisect;
mod bucket;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod history;
pub(crate) mod models;
pub(crate) mod netlab;
pub(crate) mod new_model;
pub(crate) mod peers;
pub(crate) mod probe;
pub(crate) mod prove;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod say;
mod sides;
mod table;
pub(crate) mod trace;
mod waiting;
pub(crate) mod worker;

/// The run in this file, or the last run. It prints what a partial run lacks.
fn run_file(path: Option<&Path>) -> anyhow::Result<Run> {
    let run = match path {
        Some(path) => read::run(path)?,
        None => {
            read::run(&last::path()).context("there is no last run; `cargo bench` makes one, or name a run's file")?
        }
    };
    run.missing().iter().for_each(|missing| say::tell(format!("note: the run is partial: {missing}")));
    Ok(run)
}

/// Checks that an output can be written there, before the work that produces it begins.
fn check_output(path: &Path) -> anyhow::Result<()> {
    output::check(path).with_context(|| cannot_write(path))
}

/// Prints the path of an output that was written. Nothing is printed if that is standard output, which must hold
/// nothing else.
fn say_path(path: &Path) {
    if !output::is_stdout(path) {
        say::say(path.display());
    }
}

/// The beginning of the error message if an output can't be written.
fn cannot_write(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => say::STDOUT_FULL.into(),
        false => format!("cannot write {}", path.display()),
    }
}

/// Parses a whole number that is not 0.
fn at_least_one<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "give a whole number from 1 up".into())
}

/// Parses a percentage from 0 to 1,000.
fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    percent.filter(|percent| (0.0..=1_000.0).contains(percent)).ok_or_else(|| "it is no number from 0 to 1000".into())
}

/// Parses an address that a page may link to. It can be neither a script nor a file of the reader's.
fn web_address(text: &str) -> Result<String, String> {
    let is = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    if is { Ok(text.to_owned()) } else { Err("it begins with neither https:// nor http://".into()) }
}
