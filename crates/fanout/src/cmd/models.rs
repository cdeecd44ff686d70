//! `cargo fanout models`: the roster.

use std::process::ExitCode;

use clap::Args;
use fanout_model::{Called, Description, Family, Model};
use fanout_models::{FLOORS, ROSTER, find_or_suggest};
use fanout_report::figures::{count, list as names};
use serde_json::{Value, json};

use super::say::say;

/// List the concurrency models by family, or describe some of them.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Describe these models: when to pick each, what it costs, and its code.
    #[arg(value_name = "ID", value_parser = find_or_suggest)]
    models: Vec<&'static dyn Model>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("json", &self.json).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let all: Vec<&dyn Model> = ROSTER.iter().chain(FLOORS).copied().collect();
    let named = !arguments.models.is_empty();
    let models = if named { &arguments.models } else { &all };
    if arguments.json {
        say(serde_json::to_string_pretty(&models.iter().map(|model| facts(*model)).collect::<Vec<_>>())?);
    } else if named {
        let cards: Vec<String> = models.iter().map(|model| card(*model)).collect();
        say(cards.join("\n\n"));
    } else {
        say(list(models));
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each model, below its family, with how many requests it has in flight by default.
fn list(models: &[&dyn Model]) -> String {
    let width = models.iter().map(|model| model.id().len()).max().unwrap_or(0);
    let family = |model: &dyn Model| model.description().map(|description| description.family);
    let mut lines = vec![format!("{:width$}  in flight", "")];
    for group in Family::ALL.map(Some).into_iter().chain([None]) {
        lines.push(format!("{}:", group.map_or("for comparison", Family::name)));
        for model in models.iter().filter(|model| family(**model) == group) {
            let (id, limit) = (model.id(), model.concurrency().default_limit());
            lines.push(format!("  {id:width$}  {limit:5}  {}", model.about()));
            lines
                .extend(lacks(*model).map(|lacks| format!("  {:width$}         (not on this machine: {lacks})", "")));
        }
    }
    lines.push("`cargo fanout models ID` says when to pick a model and what it costs.".into());
    lines.join("\n")
}

/// All that a model says of itself.
fn card(model: &dyn Model) -> String {
    let mut lines = vec![format!("{}: {}", model.id(), model.about())];
    if let Some(description) = model.description() {
        lines.push(format!("Pick it when {}.", description.pick_it_when));
        lines.push(format!("It costs {}.", description.it_costs));
        lines.push(format!("Family: {}. {}", description.family.name(), properties(&description)));
        let (libraries, crates) = (names(description.libraries), count(description.crates, "crate"));
        lines.push(format!("A program that does the same depends on {libraries}: {crates} in all."));
    }
    let protocols: Vec<String> = model.protocols().iter().map(ToString::to_string).collect();
    let tls = if model.speaks_tls() { "with TLS" } else { "without TLS" };
    let limit = model.concurrency().default_limit();
    lines.push(format!("It speaks {} ({tls}). By default, {limit} requests are in flight.", protocols.join("; ")));
    lines.extend(lacks(model).map(|lacks| format!("Not on this machine: {lacks}.")));
    if let Some(description) = model.description() {
        lines.push(format!("\n{}", description.excerpt().trim_end()));
    }
    lines.join("\n")
}

fn properties(description: &Description) -> String {
    let host = if description.one_host { " All requests go to one host." } else { "" };
    format!("{}{host}", description.called.sentence())
}

fn facts(model: &dyn Model) -> Value {
    let description = model.description();
    json!({
        "id": model.id(),
        "about": model.about(),
        "family": description.map(|it| it.family.name()),
        "pick_it_when": description.map(|it| it.pick_it_when),
        "it_costs": description.map(|it| it.it_costs),
        "awaited": description.map(|it| it.called == Called::Awaited),
        "one_host": description.map(|it| it.one_host),
        "libraries": description.map(|it| it.libraries),
        "crates": description.map(|it| it.crates),
        "protocols": model.protocols(),
        "tls": model.speaks_tls(),
        "default_concurrency": model.concurrency().default_limit(),
        "unavailable": lacks(model),
    })
}

/// What this machine lacks for a model.
fn lacks(model: &dyn Model) -> Option<String> {
    model.available().err().map(|error| error.to_string())
}
