//! `fanout compare REV REV` and `A..B`, with revisions that are slower, that are not, and that can't be compared, and
//! when it is interrupted: real git, real cargo, real workers, in repositories made for it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../aimed/mod.rs"]
#[expect(dead_code, reason = "its repositories are bare")]
mod aimed;
mod compared;
mod disk;
mod files;
mod interrupted;
mod protocol;
mod range;
mod refused;
mod repository;
mod together;
