//! Says where a file of the store is, by its content. Two branches cannot both take the same name.

use std::path::{Path, PathBuf};

use super::annotation::Annotation;
use crate::price::Prices;
use crate::run::Run;

/// How the name of a compressed run's file ends. Files of version 1 are not compressed, and their names end with
/// `.json`.
const COMPRESSED: &str = ".zst";

/// Returns the path at which [`put`](super::put) puts a run, below the results.
#[must_use]
pub fn place(run: &Run) -> PathBuf {
    let name = format!("{}-{}.json{COMPRESSED}", run.stamp(), run.id);
    Path::new("runs").join(run.machine.id()).join(year(&run.started)).join(name)
}

/// Returns the path at which [`put_prices`](super::put_prices) puts a price run, below the results.
pub(super) fn prices_place(prices: &Prices) -> PathBuf {
    let name = format!("{}-{}.json", prices.stamp(), prices.id);
    Path::new("prices").join(prices.machine.id()).join(year(&prices.started)).join(name)
}

fn year(started: &str) -> String {
    started.chars().take(4).collect()
}

/// Returns whether the year and the name that a run or a price run gives its file can be parts of a path.
pub(super) fn is_harmless(started: &str, stamp: &str, id: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    year(started).chars().all(|c| c.is_ascii_digit()) && stamp.chars().chain(id.chars()).all(harmless)
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
#[must_use]
pub fn is_of_the_store(path: &Path) -> bool {
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
