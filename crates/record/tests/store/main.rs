//! Tests the store under results/ as other programs, other processes and git meet it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod children;
mod disk;
mod fixture;
mod git;
mod lineage;
mod load;
mod prices;
mod processes;
#[path = "../../fuzz/read_run.rs"]
mod read_run;
mod reading;
mod schema;
mod source;
