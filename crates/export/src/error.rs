//! The errors that say why a run cannot be exported.

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Two benchmarks have one name. A format that knows benchmarks by their names would keep one of the two.
    #[error("two benchmarks of this run are called {name:?}; export it as CSV or Parquet, which keep both")]
    SameName {
        /// The name of both.
        name: String,
    },
    /// A format that holds one run was asked for a history.
    #[error("{format} holds one run and no history: {instead}")]
    OneRun {
        /// The name of the format.
        format: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// The CSV library refused.
    #[error("cannot write this as CSV: {0}; this is a bug of fanout, and the run file shows it")]
    Csv(#[from] csv::Error),
    /// The Parquet library refused.
    #[error("cannot write this as Parquet: {0}; this is a bug of fanout, and the run file shows it")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The JSON library refused.
    #[error("cannot write this as JSON: {0}; this is a bug of fanout, and the run file shows it")]
    Json(#[from] serde_json::Error),
}
