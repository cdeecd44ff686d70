//! Writes the files of the store, and those that are derived from them, as JSON. It also makes their folders.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::place::folder;
use super::{output, temporary, zstd};
use crate::run::Run;

/// Writes `value` as JSON to `path`, which is a place of this program's own. What is there is replaced.
///
/// # Errors
/// If the file cannot be written. What was there is then still there.
pub fn replace(path: &Path, value: &impl Serialize) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    output::write(path, &json(value)?)
}

/// Writes as [`replace`] does, but does not wait for the disk, so that a crash may leave half of the file. This is
/// for files that can be made again.
///
/// # Errors
/// If the file cannot be written.
pub fn derived(path: &Path, value: &impl Serialize) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    output::write_derived(path, &json(value)?)
}

/// Writes `value` as JSON to `path`, which is a place of this program's own. Nothing may be there yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if something is there, which stays as it is; another error if the file cannot be
/// written.
pub fn create(path: &Path, value: &impl Serialize) -> io::Result<()> {
    create_of(path, &json(value)?)
}

/// Writes `bytes` as [`create`] writes JSON.
///
/// # Errors
/// The errors of [`create`].
pub fn create_of(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder(path))?;
    // The umask decides who may read it, as for any other file.
    let mut file = temporary::new(folder(path), 0o666)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    // The name, too, must survive a crash.
    File::open(folder(path))?.sync_all()
}

/// Returns the bytes of a run's file: the run as JSON, compressed with Zstandard.
///
/// # Errors
/// If the libraries that write JSON and compress it refuse.
pub fn compressed(run: &Run) -> io::Result<Vec<u8>> {
    zstd::compress(&run.parts()?)
}

/// Returns the bytes of a file that holds `value` as JSON.
///
/// # Errors
/// If the library that writes JSON refuses.
pub fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
