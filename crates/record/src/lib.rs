//! The run file: what was measured, on what, and how it is kept.
//!
//! - [`run`] is the schema: a [`Run`] holds questions, a question scenarios, a scenario arms, an arm samples.
//! - [`machine`], [`source`] and [`environment`] say on what: the computer, the code, the load around it.
//! - [`files`] reads and writes files, by rules that are the same everywhere; [`paths`] says where things are.
//! - [`last`] keeps the run at hand, [`store`] keeps runs for good, and an [`annotation`](store::annotation) says why
//!   a change that they show is accepted.
//! - [`git`] is asked about commits and their order; [`program`] asks git and other programs.

pub mod environment;
pub mod files;
pub mod fingerprint;
pub mod git;
pub mod last;
pub mod machine;
pub mod paths;
pub mod program;
pub mod run;
pub mod source;
pub mod store;
pub mod time;

pub use files::{input, output, read, write};
pub use run::Run;
