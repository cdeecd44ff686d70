//! Makes the beginning of a file's name in the store: when it was measured, and which commit.

use crate::source::Source;

/// Returns the time and the commit as file names have them: `20261122T140306Z-0123456789ab`, which sorts by time and
/// suits every file system.
pub(crate) fn stamp(started: &str, source: &Source) -> String {
    let utc: String = started.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let commit = source.commit.as_deref().and_then(|commit| commit.get(..12)).unwrap_or("no-commit");
    format!("{utc}-{commit}")
}
