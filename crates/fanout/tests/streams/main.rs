//! Where the verbs write, what they read and where they print, as a user has it: real processes with real pipes,
//! links, devices and full disks. Each property is checked for each verb of a table, so that a new verb is a new
//! line.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod device;
mod inputs;
mod outputs;
mod printed;
mod process;
mod refused;
mod temporary;
mod verbs;

#[path = "../aimed/mod.rs"]
#[expect(dead_code, reason = "the tests of annotations and histories use the rest")]
mod aimed;
#[path = "../commits/repository.rs"]
#[expect(dead_code, reason = "the tests of commits need more of it")]
mod repository;
