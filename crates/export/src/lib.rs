//! A recorded run, or all of them, in the formats of other programs.
//!
//! - CSV and Parquet hold every sample, a [`Row`](samples::Row) each: those of arms that failed later, of the floor and
//!   of the A/A arm, too.
//! - critcmp, github-action-benchmark and Bencher follow benchmarks from run to run. They get what can be followed: no
//!   arm that failed, for it has no result, and no A/A arm, which is a check of the method and not a benchmark.
//!   Benchmarks are called what Criterion calls them, `question/label` or `question/label/parameter`.
//! - [`history`] is all recorded runs together, for the formats that can hold them.

mod bencher;
mod critcmp;
mod csv;
mod github_action_benchmark;
pub mod history;
mod parquet;
pub mod samples;
mod table;
mod tracked;

use fanout_record::Run;

/// What a run can be turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table of all samples, or of all runs, for spreadsheets, R and pandas.
    Csv,
    /// The same table for DuckDB, Polars and Arrow, with types.
    Parquet,
    /// A baseline for `critcmp FILE FILE`.
    Critcmp,
    /// `customSmallerIsBetter` of benchmark-action/github-action-benchmark; of a history its `data.js`.
    GithubActionBenchmark,
    /// Bencher Metric Format, for `bencher run --adapter json`.
    Bencher,
}

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A format that knows benchmarks by their names would keep one of the two.
    #[error("two benchmarks of this run are called {name:?}; export it as CSV or Parquet, which keep both")]
    SameName {
        /// What both are called.
        name: String,
    },
    /// A format that holds one run, asked for a history.
    #[error("{format} holds one run and no history: {instead}")]
    OneRun {
        /// What it is called.
        format: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// The CSV library refused.
    #[error("cannot write this as CSV: {0}; this is a bug of fanout, and the run file shows it")]
    Csv(#[from] ::csv::Error),
    /// The Parquet library refused.
    #[error("cannot write this as Parquet: {0}; this is a bug of fanout, and the run file shows it")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// The JSON library refused.
    #[error("cannot write this as JSON: {0}; this is a bug of fanout, and the run file shows it")]
    Json(#[from] serde_json::Error),
}

/// The bytes of the file that holds `run` in `format`: all of them or an error, so that no reader meets half a file.
///
/// # Errors
/// Where two benchmarks have one name and the format cannot tell them apart, or a library refuses.
pub fn export(run: &Run, format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Csv => csv::write(samples::rows(run)),
        Format::Parquet => parquet::write(samples::rows(run)),
        Format::Critcmp => critcmp::write(run),
        Format::GithubActionBenchmark => github_action_benchmark::write(run),
        Format::Bencher => bencher::write(run),
    }
}

/// JSON with a line end, as files have.
fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, ExportError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
