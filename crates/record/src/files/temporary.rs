//! Makes and names temporary files, and removes those that a killed program left.
//!
//! A file that is being written is called `.fanout-XXXXXX.tmp`, lies beside its place, and is locked by its writer.
//! The lock ends with the process, whichever way that ends, so a temporary file without a lock was left by a program
//! that was killed. The next program that writes in the same folder removes it, and recording a run removes all of
//! them below the results. Earlier versions called such files `.tmpXXXXXX` and locked nothing. In the store, these
//! are removed when they are an hour old.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::fcntl::OFlag;
use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".fanout-";
const SUFFIX: &str = ".tmp";

/// What earlier versions put into a name before six letters or digits.
const OLD_PREFIX: &str = ".tmp";

/// How long a file is left alone if locks can't tell whether it is in use. No file takes as long to write.
const IN_USE: Duration = Duration::from_secs(60 * 60);

/// Makes a new temporary file in `folder`, with this mode as far as the umask allows it. The first call for a folder
/// in the life of a process also removes what was left there before.
///
/// # Errors
/// If the file cannot be made.
pub(crate) fn new(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    if is_first_in(folder) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| is_new(&entry.file_name())) {
            remove_if_left(&entry.path());
        }
    }
    loop {
        let mut builder = Builder::new();
        let file =
            builder.prefix(PREFIX).suffix(SUFFIX).permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
        // Until the file is locked, another process may take it for one that was left.
        match file.as_file().try_lock() {
            Ok(()) if file.as_file().metadata()?.nlink() > 0 => return Ok(file),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            // This file system has no locks. The age then tells whether a file was left.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Returns whether a temporary file of this program, or of an earlier version, may have this name.
pub(crate) fn is_ours(name: &OsStr) -> bool {
    is_new(name) || is_old(name)
}

fn is_new(name: &OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    name.is_some_and(is_random)
}

fn is_old(name: &OsStr) -> bool {
    name.to_str().and_then(|name| name.strip_prefix(OLD_PREFIX)).is_some_and(is_random)
}

/// Returns whether this is what `tempfile` puts into a name to make it unique.
fn is_random(name: &str) -> bool {
    name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Removes a temporary file that nobody writes any more. It is no error if that fails, because the file does no harm.
pub(crate) fn remove_if_left(path: &Path) {
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits();
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) else { return };
    let Ok(facts) = file.metadata() else { return };
    let is_old_enough = || facts.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age > IN_USE);
    if facts.is_file() && is_left(&file, path).unwrap_or_else(is_old_enough) {
        // If the file has a writer after all, the writer is about to lock it, and then sees that it is gone.
        let _ = fs::remove_file(path);
    }
}

/// Returns whether nobody held the lock, which this process then holds until `file` is closed. The result is `None`
/// if no lock can tell.
fn is_left(file: &File, path: &Path) -> Option<bool> {
    if !path.file_name().is_some_and(is_new) {
        return None;
    }
    match file.try_lock() {
        Ok(()) => Some(true),
        Err(TryLockError::WouldBlock) => Some(false),
        Err(TryLockError::Error(_)) => None,
    }
}

/// Returns whether this process has not yet written in `folder`.
fn is_first_in(folder: &Path) -> bool {
    static FOLDERS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    // No thread that holds the lock can panic. If one did, the names would still be whole.
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned())
}
