//! Whole files or none: written beside their place, synced, and then put there in one step.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::{Builder, NamedTempFile};

use crate::Run;
use crate::run::SCHEMA;

/// Why a run file cannot be read; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such file, or no permission.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Cut, or something else.
    #[error("{} is not a whole run file", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
        /// Where and how it departs from one.
        source: serde_json::Error,
    },
    /// Written by a later version of this program.
    #[error("{} has schema {schema}, and this program knows up to {SCHEMA}: use a later version", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: u64,
    },
}

/// Reads a run file.
///
/// # Errors
/// Where it is missing, cut, of a later schema, or not a run.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let bytes = fs::read(path).map_err(|source| ReadError::Unreadable { path: path.into(), source })?;
    let not_a_run = |source| ReadError::NotARun { path: path.into(), source };
    // The schema comes first: a later one may differ in everything else.
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(not_a_run)?;
    match json.get("schema").and_then(serde_json::Value::as_u64) {
        Some(schema) if schema > u64::from(SCHEMA) => Err(ReadError::Later { path: path.into(), schema }),
        _ => serde_json::from_value(json).map_err(not_a_run),
    }
}

/// Writes `value` as JSON to `path`, in place of what is there.
///
/// # Errors
/// Where it cannot be written; what was there is then still there.
pub fn replace(path: &Path, value: &impl Serialize) -> io::Result<()> {
    replace_bytes(path, &json(value)?)
}

/// Writes `bytes` to `path`, in place of what is there.
///
/// # Errors
/// Where they cannot be written; what was there is then still there.
pub fn replace_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    prepared(path, bytes)?.persist(path)?;
    Ok(())
}

/// Writes `value` as JSON to `path`, where nothing may be yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something is there, which stays as it is; else where it cannot be written.
pub fn create(path: &Path, value: &impl Serialize) -> io::Result<()> {
    prepared(path, &json(value)?)?.persist_noclobber(path)?;
    // The name, too, must survive a crash.
    File::open(folder(path))?.sync_all()
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn prepared(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    fs::create_dir_all(folder(path))?;
    // As any other file: the umask decides who may read it.
    let readable = Permissions::from_mode(0o666);
    let mut file = Builder::new().permissions(readable).tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The folder that `path` is in; a mere name is in the one at hand.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
