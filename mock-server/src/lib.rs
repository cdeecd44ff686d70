//! The server that the benches measure against: `GET /uuid` as httpbin answers it, counting as it goes.
//!
//! - [`Server`] is the library: it listens, answers and counts until it is dropped. One of two engines answers:
//!   wiremock, or hyper alone.
//! - [`cli::run`] is the program: `mock-server --help`; the harness runs it in a process of its own.
//! - [`Stats`] is what it counted, as `GET /stats` tells it; `POST /reset` starts counting anew.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
mod hyper_engine;
mod parent;
mod server;
mod stats;
mod wiremock_engine;

pub use server::{Config, Engine, Server};
pub use stats::Stats;

/// What a request for any other path is told.
const HELP: &str = "not here; there are GET /uuid, GET /stats and POST /reset\n";
