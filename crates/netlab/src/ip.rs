//! Runs the programs `ip` and `tc` of iproute2.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use crate::error::LabError;

/// Runs `ip` with these arguments, and returns what it printed.
pub(crate) fn ip(arguments: &[&str]) -> Result<String, LabError> {
    run("ip", arguments)
}

/// Runs `tc` with these arguments, and returns what it printed.
pub(crate) fn tc(arguments: &[&str]) -> Result<String, LabError> {
    run("tc", arguments)
}

fn run(program: &'static str, arguments: &[&str]) -> Result<String, LabError> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => LabError::NoProgram(program),
        _ => LabError::system(format!("run {program}"), error),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Command { command: format!("{program} {}", arguments.join(" ")), said })
}
