//! The run file: what was measured, on what, and how it is kept.
//!
//! - [`run`] is the schema: a [`Run`] holds questions, a question scenarios, a scenario arms, an arm samples.
//! - [`machine`], [`source`] and [`environment`] say on what: the computer, the code, the load around it.
//! - [`input`] reads a file that somebody named, and [`output`] writes one, by rules that are the same everywhere;
//!   [`mod@file`] does so with the files of the store.
//! - [`last`] keeps the run at hand, [`store`] keeps runs for good, and [`annotation`]s: why a change that they show
//!   is accepted.
//! - [`git`] is asked about commits, and [`lineage`] is their order; [`program`] asks git and others.

pub mod annotation;
pub mod environment;
pub mod file;
mod flat;
pub mod git;
pub mod histogram;
pub mod input;
pub mod last;
pub mod lineage;
pub mod machine;
pub mod output;
mod place;
pub mod program;
pub mod run;
mod sampled;
pub mod source;
pub mod store;
mod temporary;

use std::path::{Path, PathBuf};

pub use machine::digits;
pub use run::Run;
pub use sampled::Sampled;

/// The folder of the workspace that this program was built from.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders below the workspace").to_owned()
}

/// Where derived files go: `fanout/` in cargo's target folder.
#[must_use]
pub fn derived() -> PathBuf {
    target().join("fanout")
}

/// Where Criterion keeps its pages: `CRITERION_HOME`, or `criterion/` in cargo's target folder. It would look for itself, but
/// not find a relative `CARGO_TARGET_DIR`.
#[must_use]
pub fn criterion() -> PathBuf {
    let named = std::env::var_os("CRITERION_HOME").filter(|folder| !folder.is_empty());
    named.map_or_else(|| target().join("criterion"), PathBuf::from)
}

/// Cargo's target folder: `CARGO_TARGET_DIR` where that is absolute, else the one that this program was built into,
/// which cargo marks with a `CACHEDIR.TAG`; a relative one is of the folder that cargo was called in, long forgotten.
#[must_use]
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let built_into = || {
        let program = std::env::current_exe().ok()?;
        program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned)
    };
    named.or_else(built_into).unwrap_or_else(|| workspace().join("target"))
}
