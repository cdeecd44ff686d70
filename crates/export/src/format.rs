//! Lists the formats that a run can be exported to.

/// A format that a run can be turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table of all samples, or of all runs, for spreadsheets, R and pandas.
    Csv,
    /// The same table for DuckDB, Polars and Arrow, with types.
    Parquet,
    /// The figures of each model, and how it stands against the best, for programs.
    Json,
    /// A baseline for `critcmp FILE FILE`.
    Critcmp,
    /// `customSmallerIsBetter` of benchmark-action/github-action-benchmark; of a history its `data.js`.
    GithubActionBenchmark,
    /// Bencher Metric Format, for `bencher run --adapter json`.
    Bencher,
}
