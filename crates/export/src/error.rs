//! Why a run cannot be exported.

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
    Csv(#[from] csv::Error),
    /// The Parquet library refused.
    #[error("cannot write this as Parquet: {0}; this is a bug of fanout, and the run file shows it")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The JSON library refused.
    #[error("cannot write this as JSON: {0}; this is a bug of fanout, and the run file shows it")]
    Json(#[from] serde_json::Error),
}
