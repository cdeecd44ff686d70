//! Turns a side of a comparison into a program that can be measured.
//!
//! - [`tree`] checks a commit out, always at the same place. `toolchain` says what it is built with, and
//!   [`program()`] builds it. Only one comparison builds at a time (`lock`).
//! - [`handshake`] asks whether the program can be measured.
//! - `process_group` runs git and cargo, and `disk` says whether the disk is why they failed.

mod disk;
pub mod handshake;
mod lock;
mod process_group;
mod program;
mod toolchain;
pub mod tree;

pub use program::program;
