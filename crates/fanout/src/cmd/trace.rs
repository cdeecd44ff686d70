//! `cargo fanout trace`: draws one batch, request by request, and writes it as a picture and as a trace.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_record::output;
use fanout_record::paths::derived;
use fanout_record::run::Bar;
use fanout_report::pictures::{Room, lanes, standalone};
use fanout_report::trace::chrome;

use super::batch::Batch;
use super::say::tell;
use super::{cannot_write, check_output, say_path};

/// Draw one batch: a lane for each place in flight, a bar for each request.
///
/// The command writes two files: an SVG for a browser, and JSON for <https://ui.perfetto.dev> or chrome://tracing. It
/// therefore cannot write to standard output or to a device. Set-up is not drawn.
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
    let path = arguments.output.clone().unwrap_or_else(|| derived().join(format!("trace-{}", batch.model.id())));
    let files = files(&path)?;
    files.iter().try_for_each(|file| check_output(file))?;
    let place = batch.place(1)?;
    let mut runner = batch.prepare(&batch.settings(&place)?)?;
    let outcomes = runner.run(&place.requests);
    drop(runner);

    let id = batch.model.id();
    let bars = outcomes.iter().map(|outcome| (Bar::of(outcome), outcome.result.is_err()));
    let label = format!("{id}, {} in flight", batch.concurrency());
    let Some(picture) = lanes(&label, bars, None, Room::LARGE) else {
        bail!("a batch without requests has nothing to draw: set --requests to 1 or more")
    };
    let trace = serde_json::to_vec(&chrome(id, &outcomes))?;
    for (file, bytes) in files.iter().zip([standalone(&picture).into_bytes(), trace]) {
        output::write(file, &bytes).with_context(|| cannot_write(file))?;
        say_path(file);
    }
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    if failed > 0 {
        let of = outcomes.len();
        tell(format!("{failed} of {of} requests failed; `cargo fanout fetch` says why"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The two files whose names are `path` and an ending.
fn files(path: &Path) -> anyhow::Result<[PathBuf; 2]> {
    let is_stream = |facts: fs::Metadata| {
        let kind = facts.file_type();
        kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device()
    };
    let is_one_place = output::is_stdout(path) || fs::metadata(path).is_ok_and(is_stream);
    let is_name = !path.as_os_str().as_encoded_bytes().ends_with(b"/");
    ensure!(
        is_name && !is_one_place,
        "cannot write to `{}`: a trace is two files; give what their names begin with, such as `batch` for batch.svg \
         and batch.json",
        path.display()
    );
    Ok([".svg", ".json"].map(|ending| {
        let mut file = path.to_owned().into_os_string();
        file.push(ending);
        PathBuf::from(file)
    }))
}
