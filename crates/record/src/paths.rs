//! Says where things are: the workspace, cargo's target folder, and the derived files in it.

use std::env;
use std::path::{Path, PathBuf};

/// Returns the folder of the workspace that this program was built from.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders below the workspace").to_owned()
}

/// Returns the folder of the recorded runs, `results/` in the workspace.
#[must_use]
pub fn results() -> PathBuf {
    workspace().join("results")
}

/// Returns the folder of derived files, `fanout/` in cargo's target folder.
#[must_use]
pub fn derived() -> PathBuf {
    target().join("fanout")
}

/// Returns the folder of Criterion's pages: `CRITERION_HOME`, or `criterion/` in cargo's target folder. Criterion
/// would look for it itself, but it does not find a relative `CARGO_TARGET_DIR`.
#[must_use]
pub fn criterion() -> PathBuf {
    let named = env::var_os("CRITERION_HOME").filter(|folder| !folder.is_empty());
    named.map_or_else(|| target().join("criterion"), PathBuf::from)
}

/// Returns cargo's target folder. It is `CARGO_TARGET_DIR` if that is absolute, and otherwise the folder that this
/// program was built into, which cargo marks with a `CACHEDIR.TAG`. A relative `CARGO_TARGET_DIR` is relative to the
/// folder in which cargo was called, and this program cannot know that folder any more.
#[must_use]
pub fn target() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let built_into = || {
        let program = env::current_exe().ok()?;
        program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned)
    };
    named.or_else(built_into).unwrap_or_else(|| workspace().join("target"))
}
