//! Runs in an object store, as a user has them: a folder, a real S3-compatible server, and servers and folders that
//! refuse.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../aimed/mod.rs"]
mod aimed;
mod folder;
mod misbehaving;
mod refused;
mod s3;
mod table;
mod world;
