//! What was made of each run file, kept: to read a thousand whole ones takes seconds, and they do not change.
//!
//! `target/fanout/history/<run's id>-<schema>-<version>.json`, one a run. All of it is derived and may be deleted. An
//! entry that cannot be read, is of another version, or of a file that has changed is made anew.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fanout_record::paths::derived;
use fanout_record::read::{self, ReadError};
use fanout_record::run::SCHEMA;
use fanout_record::store::{Store, id_of, load_as};
use fanout_record::write;
use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// To be raised with whatever changes what a [`Digest`] is or how it is reckoned.
const VERSION: u32 = 5;

/// Where entries are kept.
#[must_use]
pub fn folder() -> PathBuf {
    derived().join("history")
}

/// Reads the store under `results`, each run from its entry in `cache` where there is one of the file as it is now.
#[must_use]
pub fn load(results: &Path, cache: &Path) -> Store<Digest> {
    load_as(results, |path| digest(path, cache), |digest| (digest.id.clone(), digest.place.clone()))
}

/// A file's entry.
#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    schema: u32,
    /// Of what.
    file: Stamp,
    digest: Digest,
}

/// What differs when a file was written anew: as git has it, whatever its modification time is set to.
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

/// What a history needs of the run in this file: from its entry in `cache`, where there is one of the file as it is
/// now, and else from the file, and then there is one.
///
/// A file is bad where [`read::samples`] says so: what is wrong within latencies or a timeline, which no history
/// looks at, is not found here.
///
/// # Errors
/// Where the file is missing, cut, of a later schema, or not a run.
pub fn digest(path: &Path, cache: &Path) -> Result<Digest, ReadError> {
    // As it was before it was read: what is written meanwhile is not taken for read.
    let kept = name(path).map(|name| cache.join(name)).zip(Stamp::of(path).ok());
    if let Some(digest) = kept.as_ref().and_then(|(entry, stamp)| read(entry, *stamp)) {
        return Ok(digest);
    }
    let digest = Digest::of(&read::samples(path)?);
    if let Some((entry, file)) = kept {
        // Without an entry it takes longer, no more.
        let _ = write::derived(&entry, &Entry { version: VERSION, schema: SCHEMA, file, digest: digest.clone() });
    }
    Ok(digest)
}

/// An entry's name, by the run's id; `None` of a file that is not called as one of the store.
fn name(path: &Path) -> Option<String> {
    Some(format!("{}-{SCHEMA}-{VERSION}.json", id_of(path)?))
}

fn read(entry: &Path, file: Stamp) -> Option<Digest> {
    let entry: Entry = serde_json::from_slice(&fs::read(entry).ok()?).ok()?;
    let is_of = (entry.version, entry.schema, entry.file) == (VERSION, SCHEMA, file);
    is_of.then_some(entry.digest)
}
