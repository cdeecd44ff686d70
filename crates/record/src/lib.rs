//! Defines, reads and keeps the run file, which says what was measured and what it was measured on.
//!
//! - [`run`] is the schema: a [`Run`] holds questions, a question holds scenarios, a scenario holds arms, and an arm
//!   holds samples.
//! - [`machine`], [`source`] and [`environment`] say what a run was measured on: the computer, the code, and the load
//!   around the measurement.
//! - [`price`] is the schema of a price run: what each model costs before it makes its first request.
//! - [`files`] reads and writes files, by rules that are the same everywhere; [`paths`] says where things are.
//! - [`last`] keeps the last run and [`last_price`] the last price run, and [`store`] keeps what was recorded. An
//!   [`annotation`](store::annotation) says why a change that they show is accepted.
//! - [`git`] asks git about commits and their order. [`program`] runs git and other programs, and returns their
//!   answers.

mod allocator;
pub mod environment;
pub mod files;
pub mod fingerprint;
pub mod git;
mod kept;
pub mod last;
pub mod last_price;
pub mod machine;
pub mod paths;
pub mod price;
pub mod program;
pub mod run;
pub mod source;
mod stamp;
pub mod store;
pub mod time;

pub use files::{input, output, read, write};
pub use run::Run;
