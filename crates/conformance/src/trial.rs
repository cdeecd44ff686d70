//! Runs one property of one model in a separate process, so that leaks can be counted and a hang can be ended.

use std::env::args;
use std::io::{Read, Seek};
use std::process::{Command, Stdio, exit};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fanout_model::Model;
use fanout_worker::role;
use libtest_mimic::Arguments;

use crate::properties::{self, Property};

/// The first argument of a process that is a trial.
const ROLE: &str = "__fanout-trial";

/// How many trials run at once.
const AT_ONCE: usize = 8;

/// Must be called in `main` before the command line is read. In a trial's process it runs the trial and never
/// returns.
///
/// # Panics
/// If the trial names a model or a property that does not exist.
pub fn enter(models: &[&'static dyn Model]) {
    let args: Vec<String> = args().collect();
    let [_, role, model, property] = args.as_slice() else { return };
    if role != ROLE {
        return;
    }
    let model =
        models.iter().find(|candidate| candidate.id() == model).expect("a trial names a model of its program");
    let property = properties::find(property).expect("a trial names a property of the suite");
    match (property.check)(*model) {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("{error:#}");
            exit(1);
        }
    }
}

/// The command line of a test program. If it does not say how many tests run at once, more trials run than this
/// machine has processors, because nearly all of them wait for a timeout.
#[must_use]
pub fn arguments() -> Arguments {
    let arguments = Arguments::from_args();
    Arguments { test_threads: arguments.test_threads.or(Some(AT_ONCE)), ..arguments }
}

/// Runs a property of a model in a separate process, for `timeout` at most.
///
/// # Errors
/// What is wrong with the model. A panic and a hang are errors too.
pub fn run(model: &dyn Model, property: &Property, timeout: Duration) -> Result<()> {
    // A file is used because a pipe stays open as long as anything that the model left behind holds it.
    let mut said = tempfile::tempfile()?;
    let mut child = Command::new(role::THIS_PROGRAM)
        .args([ROLE, model.id(), property.name])
        // With these variables, a client that reads a proxy from the environment fails every property.
        .envs([("http_proxy", "http://127.0.0.1:9"), ("HTTP_PROXY", "http://127.0.0.1:9")])
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .spawn()
        .context("cannot start a trial")?;
    let deadline = Instant::now() + timeout;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() < deadline => sleep(Duration::from_millis(5)),
            None => {
                child.kill()?;
                child.wait()?;
                bail!("hung: no end within {} s", timeout.as_secs());
            }
        }
    };
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    said.rewind()?;
    said.read_to_string(&mut text)?;
    bail!("{text}({status})")
}
