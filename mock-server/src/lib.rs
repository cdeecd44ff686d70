//! The server that the benches measure against: wiremock answering `GET /uuid` as httpbin does, counting as it goes.
//!
//! - [`Server`] is the library: it listens, answers and counts until it is dropped.
//! - [`cli::run`] is the program: `mock-server --help`; the harness runs it in a process of its own.
//! - [`Stats`] is what it counted, as `GET /stats` tells it; `POST /reset` starts counting anew.
//!
//! wiremock keeps every request that it matched, in memory, for as long as a mock is mounted. `memory` is how this
//! server stays small all the same.

pub mod cli;
mod counters;
mod memory;
mod parent;
mod responders;
mod server;

pub use counters::Stats;
pub use server::{Config, Server};
