//! Turns a side of a comparison into a program that can be measured.
//!
//! - [`tree`] checks a commit out, always at the same place. `toolchain` says what it is built with, and
//!   [`program()`] builds it. Only one comparison builds at a time (`lock`).
//! - [`handshake`] asks whether the program can be measured.
//!
//! git and cargo run in process groups of their own ([`fanout_harness::process_group`]).

pub mod handshake;
mod lock;
mod program;
mod toolchain;
pub mod tree;

pub use program::program;
