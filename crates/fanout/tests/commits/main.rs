//! `fanout compare REV REV` with revisions that can't be compared, and when it is interrupted: real git, real cargo, real
//! workers, in repositories made for it. What is measured of two that can is tested in `fanout-compare`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod disk;
mod files;
mod interrupted;
mod named;
mod protocol;
mod repository;
mod together;
