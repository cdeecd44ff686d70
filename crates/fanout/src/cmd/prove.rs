//! `cargo fanout prove`: tests models against every property that a model must have.

use std::env::var_os;
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::Args;
use fanout_harness::exit;
use fanout_model::Model;
use fanout_models::find_or_suggest;
use fanout_record::paths::workspace;

/// Test models against the properties that a model must have (crates/conformance).
///
/// The command first builds the tests of this workspace. Three properties, about host names, need a network of their
/// own: `cargo test -p fanout-conformance --test names` tests those. A name that no model has is an error, so that a
/// misspelt name does not look like a proof.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The models; `cargo fanout models` lists them.
    #[arg(required = true, value_name = "ID", value_parser = find_or_suggest)]
    models: Vec<&'static dyn Model>,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cargo = var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut all_hold = true;
    for model in &arguments.models {
        let mut tests = Command::new(&cargo);
        tests.args(["test", "--package", "fanout-conformance", "--test", "roster", "--"]);
        tests.arg(format!("{}::", model.id())).current_dir(workspace());
        all_hold &= tests.status().context("cannot start cargo")?.success();
    }
    Ok(ExitCode::from(if all_hold { exit::SUCCESS } else { exit::BAD_ANSWER }))
}
