//! Measures what a model costs before it makes its first request: crates, build time, size and start-up.
//!
//! - [`program`] is the minimal program that uses a model. [`workshop`] is the folder in which programs are built,
//!   one at a time.
//! - `cargo` asks cargo for the crates and for builds. `tree` counts the crates, and `unsafety` finds those that
//!   forbid `unsafe`. `start` starts what was built.
//! - [`measure`] does all of this once, for one program. [`run`] does it for all programs, in shuffled order, and
//!   keeps what is finished.

mod cargo;
pub mod measure;
pub mod program;
pub mod run;
mod start;
mod tree;
mod unsafety;
pub mod workshop;
