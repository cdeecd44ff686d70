//! Programs in other languages that make the same requests, each as a speaker of the language would write it.
//!
//! A [`Peer`] is a model whose worker is its own program: it speaks the worker protocol, and has its own clock and
//! its own meter. [`PEERS`] lists all of them. [`check`] says whether this machine has what the peers of a
//! [`Language`] need, and [`setup`] makes what can be made below cargo's target folder. The programs are in
//! `python/`, `node/` and `go/`: the file with the worker protocol is one, and the file with the concurrency is
//! another, whose header says whom it follows.
//!
//! What differs from the models on purpose: a peer speaks HTTP/1.1 with keep-alive and without TLS, makes `GET`
//! requests for a UUID only, and sends the headers that its library sends by itself. Where an answer takes work, a
//! peer hashes with SHA-256 of its standard library, for as long as the models take for their work.

mod go;
mod language;
mod node;
mod peer;
mod program;
mod python;
mod roster;
mod runner;
pub mod setup;

pub use language::Language;
pub use peer::Peer;
pub use roster::{PEERS, check, peers_in};
