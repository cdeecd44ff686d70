//! A recorded run in the formats of other programs.
//!
//! - CSV and Parquet hold every sample, a [`Row`](samples::Row) each: those of arms that failed later, of the floor and
//!   of the A/A arm, too.

mod csv;
mod parquet;
pub mod samples;

use fanout_record::Run;

/// What a run can be turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table of all samples, for spreadsheets, R and pandas.
    Csv,
    /// The same table for DuckDB, Polars and Arrow, with types.
    Parquet,
}

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The CSV library refused.
    #[error("cannot write this run as CSV: {0}; this is a bug of fanout, and its run file shows it")]
    Csv(#[from] ::csv::Error),
    /// The Parquet library refused.
    #[error("cannot write this run as Parquet: {0}; this is a bug of fanout, and its run file shows it")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// The bytes of the file that holds `run` in `format`: all of them or an error, so that no reader meets half a file.
///
/// # Errors
/// Where a library refuses.
pub fn export(run: &Run, format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Csv => csv::write(run),
        Format::Parquet => parquet::write(run),
    }
}
