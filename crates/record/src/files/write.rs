//! Writing the files of the store, and those that are derived from them, as JSON. Their folders are made.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::place::folder;
use super::{output, temporary, zstd};
use crate::run::Run;

/// Writes `value` as JSON to `path`, a place of this program's own. What is there is replaced.
///
/// # Errors
/// Where it cannot be written; what was there is then still there.
pub fn replace(path: &Path, value: &impl Serialize) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    output::write(path, &json(value)?)
}

/// Writes as [`replace`] does, and does not wait for the disk: a crash may leave half of it. For what can be made
/// again.
///
/// # Errors
/// Where it cannot be written.
pub fn derived(path: &Path, value: &impl Serialize) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    output::write_derived(path, &json(value)?)
}

/// Writes `value` as JSON to `path`, a place of this program's own where nothing may be yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something is there, which stays as it is; else where it cannot be written.
pub fn create(path: &Path, value: &impl Serialize) -> io::Result<()> {
    create_of(path, &json(value)?)
}

/// Writes a run as [`create`] does, compressed with Zstandard.
///
/// # Errors
/// As [`create`].
pub(crate) fn create_compressed(path: &Path, run: &Run) -> io::Result<()> {
    create_of(path, &zstd::compress(&run.parts()?)?)
}

fn create_of(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    // As any other file: the umask decides who may read it.
    let mut file = temporary::new(folder(path), 0o666)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    // The name, too, must survive a crash.
    File::open(folder(path))?.sync_all()
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
