//! Says where a file of the store is, by its content. Two branches cannot both take the same name.

use std::path::{Path, PathBuf};

use super::annotation::Annotation;
use crate::run::Run;

/// How the name of a compressed run's file ends. Files of version 1 are not compressed, and their names end with
/// `.json`.
const COMPRESSED: &str = ".zst";

/// Returns the path at which [`put`](super::put) puts a run, below the results.
#[must_use]
pub fn place(run: &Run) -> PathBuf {
    Path::new("runs").join(run.machine.id()).join(year(run)).join(name(run))
}

pub(super) fn year(run: &Run) -> String {
    run.started.chars().take(4).collect()
}

pub(super) fn name(run: &Run) -> String {
    format!("{}-{}.json{COMPRESSED}", run.stamp(), run.id)
}

pub(super) fn annotation_place(annotation: &Annotation) -> PathBuf {
    Path::new("annotations").join(format!("{}.json", annotation.id))
}

pub(super) fn machine_place(id: &str) -> PathBuf {
    Path::new("machines").join(format!("{id}.json"))
}

/// Returns whether a file is at its `place`, compressed or not.
pub(super) fn is_at(path: &Path, place: &Path) -> bool {
    plain(path) == plain(place)
}

fn plain(path: &Path) -> &[u8] {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.strip_suffix(COMPRESSED.as_bytes()).unwrap_or(bytes)
}

/// Returns whether a file has a name as files of the store have it: `*.json` or `*.json.zst`.
pub(super) fn is_of_the_store(path: &Path) -> bool {
    plain(path).ends_with(b".json")
}

/// Returns the run's id with which the name of its file ends, or `None` for another name.
#[must_use]
pub fn id_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let (_, id) = name.strip_suffix(COMPRESSED).unwrap_or(name).strip_suffix(".json")?.rsplit_once('-')?;
    let is_harmless = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_harmless.then_some(id)
}
