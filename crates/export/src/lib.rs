//! A recorded run, or all of them, in the formats of other programs.
//!
//! - CSV and Parquet hold every sample, a [`SampleRow`](samples::SampleRow) each: those of arms that failed later, of
//!   the floor and of the A/A arm, too.
//! - critcmp, github-action-benchmark and Bencher follow benchmarks from run to run. They get what can be followed:
//!   no arm that failed, for it has no result, and no A/A arm, which is a check of the method and not a benchmark.
//!   Benchmarks are called what Criterion calls them, `question/label` or `question/label/parameter`.
//! - [`history`] is all recorded runs together, for the formats that can hold them.

mod bencher;
mod critcmp;
mod csv;
mod error;
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
