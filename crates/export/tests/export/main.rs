//! A run in each format, read back: by libraries here, and by the programs that the formats are for where they are.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod consumers;
mod critcmp;
mod csv;
mod fixture;
mod history;
mod parquet;
mod samples;
mod trackers;
