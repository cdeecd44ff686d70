//! Tests a run in each format by reading it back, with libraries and, if they are installed, with the programs that
//! the formats are for.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod consumers;
mod critcmp;
mod csv;
mod fixture;
mod history;
mod parquet;
mod parts;
mod samples;
mod trackers;
