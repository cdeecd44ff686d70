//! `cargo fanout models`: the roster.

use std::process::ExitCode;

use clap::Args;
use fanout_model::Model;
use fanout_models::{FLOOR, ROSTER};
use serde_json::json;

use super::say::say;

/// List the concurrency models.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let models: Vec<&dyn Model> = ROSTER.iter().copied().chain([FLOOR]).collect();
    if arguments.json {
        let facts = |model: &&dyn Model| {
            let concurrency = model.concurrency().default_limit();
            let lacks = model.available().err().map(|error| error.to_string());
            let (id, about) = (model.id(), model.about());
            json!({ "id": id, "about": about, "default_concurrency": concurrency, "unavailable": lacks })
        };
        say(serde_json::to_string_pretty(&models.iter().map(facts).collect::<Vec<_>>())?);
    } else {
        let width = models.iter().map(|model| model.id().len()).max().unwrap_or(0);
        for model in models {
            say(format!("{:width$}  {}", model.id(), model.about()));
            if let Err(error) = model.available() {
                say(format!("{:width$}  (not on this machine: {error})", ""));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
