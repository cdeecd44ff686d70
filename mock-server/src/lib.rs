//! The server that the benches measure against. It answers `GET /uuid` as httpbin does, sends and takes bodies of any
//! length, and counts the requests.
//!
//! - [`Server`] is the library: it listens, answers and counts until it is dropped. It has two engines: wiremock, and
//!   hyper alone.
//! - [`cli::run`] is the program, `mock-server`. The harness runs it in a separate process.
//! - [`Behaviour`] is how a server answers, and [`control`] lets a harness on another machine say that.
//! - [`bytes`] are the bodies of `GET /bytes/N` and `POST /upload`.
//! - [`Limits`] are how many requests it serves at once, and how many it takes in a second.
//! - [`certificate`] makes the certificate of a server that speaks TLS.
//! - [`Stats`] are the counts, which `GET /stats` returns; `POST /reset` sets them to zero.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod behaviour;
pub mod bytes;
pub mod certificate;
pub mod cli;
pub mod control;
mod hyper_engine;
pub mod limits;
mod parent;
mod server;
mod stats;
mod tls;
mod wiremock_engine;

pub use behaviour::{Behaviour, duration};
pub use limits::Limits;
pub use server::{Config, Engine, Server};
pub use stats::Stats;

/// The answer to a request for any other path.
const HELP: &str = "not here; there are GET /uuid, GET /bytes/N, POST /upload, GET /stats and POST /reset\n";
