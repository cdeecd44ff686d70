//! Exports all recorded runs in the formats of other programs.
//!
//! - CSV and Parquet have a [`PointRow`](points::PointRow) for each run of each series, which is what the page of the
//!   history draws.
//! - [`parts`] is the same table without the change points, in many Parquet files, to which new runs add files. Its
//!   rows are [`FleetRow`](fleet::FleetRow)s.
//! - github-action-benchmark keeps a history itself, as a script that its page loads. This module writes such a
//!   script.
//! - The other formats hold one run. The errors of [`writer`] say where their history is kept.

mod data_js;
pub mod fleet;
pub mod parts;
pub mod points;

use fanout_analysis::history::{CommitLinks, History};

use crate::error::ExportError;
use crate::format::Format;
use crate::{csv, parquet};

/// A function that makes the bytes of a history's file. It returns all of them or an error.
pub type Writer = fn(&History, &CommitLinks) -> Result<Vec<u8>, ExportError>;

/// Returns the function that writes a history in `format`.
///
/// # Errors
/// If the format holds one run. The error says what to do instead.
pub fn writer(format: Format) -> Result<Writer, ExportError> {
    let one = |format, instead| Err(ExportError::OneRun { format, instead });
    match format {
        Format::Csv => Ok(|history, _| csv::write(points::rows(history))),
        Format::Parquet => Ok(|history, _| parquet::write(points::rows(history))),
        Format::GithubActionBenchmark => Ok(data_js::write),
        Format::Json => one("json", "export run by run; `--format csv` and `parquet` hold a history"),
        Format::Critcmp => {
            one("critcmp", "it compares files of one run each, so export run by run and give it the files")
        }
        Format::Bencher => one(
            "bencher",
            "Bencher keeps the history, so export run by run, and send each with `bencher run --adapter json \
             --backdate \
             SECONDS --file FILE`",
        ),
    }
}
