//! What the tests of this crate share: the files of the workspace, as their authors wrote them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders with files that nobody wrote, or that are not read by people: builds, packages, recorded runs.
const NOT_WRITTEN: [&str; 5] = ["target", "node_modules", ".git", "results", "seeds"];

/// Every file below `folder` whose name ends so, in the order of their paths.
///
/// # Panics
/// Where a folder cannot be listed: a check that sees no file would always pass.
#[must_use]
pub fn files(folder: &Path, ends: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder that was opened is listed to its end").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !NOT_WRITTEN.contains(&name.as_str()) {
            found.extend(files(&path, ends));
        } else if path.is_file() && name.ends_with(ends) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of a file.
///
/// # Panics
/// Where it cannot be read: a check that reads nothing would always pass.
#[must_use]
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
