//! Exports a recorded run, or all of them, in the formats of other programs.
//!
//! - CSV and Parquet hold every sample as a [`SampleRow`](samples::SampleRow), including those of arms that failed
//!   later, of the floor and of the A/A arm.
//! - JSON holds the figures of each arm, and how it stands against the best of its scenario.
//! - critcmp, github-action-benchmark and Bencher follow benchmarks from run to run. They get only what can be
//!   followed: no arm that failed, because it has no result, and no A/A arm, because it is a check of the method and
//!   not a benchmark. A benchmark has the name that Criterion gives it, `question/label` or
//!   `question/label/parameter`.
//! - [`history`] exports all recorded runs together, in the formats that can hold them.

mod against_best;
mod bencher;
mod critcmp;
mod csv;
mod error;
mod figures;
mod format;
mod github_action_benchmark;
pub mod history;
mod json;
mod parquet;
pub mod samples;
mod table;
mod tracked;

use fanout_record::Run;

pub use error::ExportError;
pub use format::Format;

/// Returns the bytes of the file that holds `run` in `format`. It returns all of them or an error, so that no reader
/// meets half a file.
///
/// # Errors
/// If two benchmarks have one name and the format cannot tell them apart, or if a library refuses.
pub fn export(run: &Run, format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Csv => csv::write(samples::rows(run)),
        Format::Parquet => parquet::write(samples::rows(run)),
        Format::Json => figures::write(run),
        Format::Critcmp => critcmp::write(run),
        Format::GithubActionBenchmark => github_action_benchmark::write(run),
        Format::Bencher => bencher::write(run),
    }
}
