//! `cargo fanout trace`: one batch, request by request, as a picture and as a trace.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use fanout_record::run::Bar;
use fanout_record::{derived, file};
use fanout_report::pictures::{Room, lanes, standalone};
use fanout_report::trace::chrome;

use super::batch::Batch;

/// Draw one batch: a lane for each place in flight, a bar for each request.
///
/// Writes an SVG for a browser, and JSON for <https://ui.perfetto.dev> or chrome://tracing. Set-up is not drawn.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    batch: Batch,

    /// Where to write, without the endings .svg and .json [default: fanout/trace-ID in the target folder].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let batch = &arguments.batch;
    let place = batch.place(1)?;
    let mut runner = batch.prepare(&batch.settings(&place)?)?;
    let outcomes = runner.run(&batch.urls(&place));
    drop(runner);

    let id = batch.model.id();
    let bars = outcomes.iter().map(|outcome| (Bar::of(outcome), outcome.result.is_err()));
    let label = format!("{id}, {} in flight", batch.concurrency());
    let Some(picture) = lanes(&label, bars, Room::LARGE) else {
        bail!("a batch of no requests has nothing to draw: give --requests")
    };
    let trace = serde_json::to_vec(&chrome(id, &outcomes))?;
    let path = arguments.output.clone().unwrap_or_else(|| derived().join(format!("trace-{id}")));
    for (ending, bytes) in [(".svg", standalone(&picture).into_bytes()), (".json", trace)] {
        let mut file = path.clone().into_os_string();
        file.push(ending);
        let file = PathBuf::from(file);
        file::replace_bytes(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
        println!("{}", file.display());
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    if failed > 0 {
        eprintln!("{failed} of {} requests failed; `cargo fanout fetch` says why", outcomes.len());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
