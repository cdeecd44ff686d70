//! Keeps the digest of each run file. Reading a thousand whole files takes seconds, and the files do not change.
//!
//! The entries are the files `target/fanout/history/<run's id>-<schema>-<version>.json`, one for each run. All of
//! them are derived and may be deleted. An entry is made anew if it cannot be read, is of another version, or is of a
//! file that has changed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fanout_record::paths::derived;
use fanout_record::read::{self, ReadError};
use fanout_record::run::SCHEMA;
use fanout_record::store::{Store, id_of, load_as};
use fanout_record::write;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// The version of the entries. It must be raised when the definition of a [`Digest`], or the way to compute one,
/// changes.
const VERSION: u32 = 8;

/// Returns the folder of the entries.
#[must_use]
pub fn folder() -> PathBuf {
    derived().join("history")
}

/// Returns the folder of the entries of runs in object stores.
#[must_use]
pub fn folder_of_objects() -> PathBuf {
    derived().join("history-of-buckets")
}

/// Reads the store under `results`. Each run is read from its entry in `cache`, if there is one of the file as it is
/// now.
#[must_use]
pub fn load(results: &Path, cache: &Path) -> Store<Digest> {
    load_as(results, |path| digest(path, cache), |digest| (digest.id.clone(), digest.place.clone()))
}

/// A file's entry.
#[derive(Serialize, Deserialize)]
struct Entry<S> {
    version: u32,
    schema: u32,
    /// The stamp of the run file that the entry was made of.
    file: S,
    digest: Digest,
}

/// The facts about a file, of which at least one differs after the file was written anew. Git uses the same facts.
/// They do not depend on the modification time, which can be set to any value.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    length: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let facts = fs::metadata(path)?;
        Ok(Self { length: facts.len(), inode: facts.ino(), changed: (facts.ctime(), facts.ctime_nsec()) })
    }
}

/// Returns what a history needs of the run in this file. It is read from the run's entry in `cache`, if there is one
/// of the file as it is now. Otherwise it is read from the file, and the entry is written.
///
/// A file is bad if [`read::samples`] returns an error. A fault within latencies or a timeline is not found here,
/// because no history looks at them.
///
/// # Errors
/// If the file is missing, cut, of a later schema, or not a run.
pub fn digest(path: &Path, cache: &Path) -> Result<Digest, ReadError> {
    // The stamp is taken before the file is read, so that what is written meanwhile does not count as read.
    let kept = name(path).map(|name| cache.join(name)).zip(Stamp::of(path).ok());
    if let Some(digest) = kept.as_ref().and_then(|(entry, stamp)| read(entry, *stamp)) {
        return Ok(digest);
    }
    let digest = Digest::of(&read::samples(path)?);
    if let Some((entry, stamp)) = kept {
        keep(&entry, stamp, &digest);
    }
    Ok(digest)
}

/// Returns what `cache` has of the run at `path` in an object store, if it was made of the object with this `stamp`.
#[must_use]
pub fn kept_of_object(path: &Path, stamp: &str, cache: &Path) -> Option<Digest> {
    read(&cache.join(name(path)?), full(path, stamp))
}

/// Returns what a history needs of the run in these `bytes` of the object at `path`, and keeps it in `cache`.
///
/// # Errors
/// If the bytes are cut, of a later schema, or not a run.
pub fn digest_of_object(path: &Path, stamp: &str, bytes: &[u8], cache: &Path) -> Result<Digest, ReadError> {
    let digest = Digest::of(&read::parse_samples(path, bytes)?);
    if let Some(name) = name(path) {
        keep(&cache.join(name), full(path, stamp), &digest);
    }
    Ok(digest)
}

/// Returns the stamp of an object of one store, which another store may give to another object.
fn full(path: &Path, stamp: &str) -> String {
    format!("{} {stamp}", path.display())
}

/// Writes an entry. A missing entry only makes the next reading slower, so that a failure does no harm.
fn keep(entry: &Path, file: impl Serialize, digest: &Digest) {
    let _ = write::derived(entry, &Entry { version: VERSION, schema: SCHEMA, file, digest: digest.clone() });
}

/// Returns an entry's name, by the run's id, or `None` if the file's name is not that of a file in the store.
fn name(path: &Path) -> Option<String> {
    Some(format!("{}-{SCHEMA}-{VERSION}.json", id_of(path)?))
}

fn read<S: DeserializeOwned + PartialEq>(entry: &Path, file: S) -> Option<Digest> {
    let entry: Entry<S> = serde_json::from_slice(&fs::read(entry).ok()?).ok()?;
    let is_of = (entry.version, entry.schema, entry.file) == (VERSION, SCHEMA, file);
    is_of.then_some(entry.digest)
}
