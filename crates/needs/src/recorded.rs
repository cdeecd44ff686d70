//! Names the recorded run that tests read.

use std::path::{Path, PathBuf};

/// The run, below the folder of the workspace. It is uncompressed, and of the first version of the format.
const RUN: &str = "results/runs/7d1eb599e1f6/2026/20261123T063553Z-1ca128c5833f-01M83HX7SBY01MN0RDY5DXN285.json";

/// Returns the path of one recorded run, always the same. A test that reads it does not depend on which run was
/// recorded last.
#[must_use]
pub fn recorded_run() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join(RUN)
}
