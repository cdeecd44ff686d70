//! Writes what somebody asked for, to the path that they named. All verbs, pages and formats write with [`write()`].
//!
//! - `-` is standard output. A file of that name is `./-`.
//! - A file that does not exist is made in one step, when all of it is on the disk.
//! - A regular file is replaced in one step, and keeps its owner and mode.
//! - A regular file that can't be replaced unnoticed is written in place, once there is room for all of it. There are
//!   four such cases: it has several names (hard links), which then all show the new content; something is mounted at
//!   it; nothing may be made in its folder; its owner could not be kept. A crash during such writing leaves half of
//!   the file.
//! - A symbolic link is followed, also to a file that does not exist. A circle of links is refused.
//! - A device, a named pipe, `/dev/stdout` and `/dev/fd/N` are opened and written to. Writing waits up to a minute
//!   for somebody who reads a named pipe. A reader that closes a pipe has seen enough, which is no error.
//! - A file without write permission is refused, even for root, and so is a folder.
//! - A file in a folder that does not exist is refused, unless the folder is the project's own [`derived()`] folder
//!   or below it.
//!
//! If a file is made or replaced in one step, neither a full disk nor a crash leaves half of it.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, posix_fallocate};
use nix::sys::stat::fstat;
use nix::unistd::{AccessFlags, eaccess};
use tempfile::NamedTempFile;

use super::place::{Followed, HYPHEN, folder, follow, refusal};
use super::temporary;
use crate::paths::derived;

/// How long writing waits for somebody who reads a named pipe.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Writes `bytes` to `path`, by the rules in the header of this module.
///
/// # Errors
/// If the bytes cannot be written. The error says in words what is wrong with the path, and what to do. A file that
/// was to be replaced is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_to(place(path)?, bytes, File::sync_all)
}

/// Writes as [`write()`] does, without waiting for the disk, so that a crash of the system may leave half a file.
/// This is for files that can be made again.
pub(crate) fn write_derived(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_to(place(path)?, bytes, |_| Ok(()))
}

/// Checks whether [`write()`] could write to `path`, as far as that can be known without writing. The caller asks
/// this before work that takes long. The check leaves no trace.
///
/// # Errors
/// The errors of [`write()`], except for those that only writing can find, such as a full disk.
pub fn check(path: &Path) -> io::Result<()> {
    match place(path)? {
        Place::Missing(file) => new_beside(&file, 0o600).map(drop),
        _ => Ok(()),
    }
}

/// Returns whether `path` leads to this process's standard output: it is `-`, or a name of the same file, pipe or
/// device.
#[must_use]
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == HYPHEN || fs::metadata(path).is_ok_and(|facts| is_same(&facts, stdout()))
}

/// Where bytes are written to.
enum Place {
    Stdout,
    Stderr,
    /// A device or a named pipe, which is opened and written to as it is.
    Stream(PathBuf, Metadata),
    /// A file that whoever started this process has opened. What it holds already stays.
    Descriptor(PathBuf),
    /// A file that does not exist yet.
    Missing(PathBuf),
    /// A regular file.
    Regular(PathBuf, Metadata),
}

/// Returns where `path` leads, unless it is refused.
fn place(path: &Path) -> io::Result<Place> {
    if path.as_os_str() == HYPHEN {
        return Ok(Place::Stdout);
    }
    // The system follows links first, because it refuses some that others put into folders that all may write
    // (`fs.protected_symlinks`, proc_sys_fs(5)).
    let facts = match fs::metadata(path) {
        Ok(facts) => facts,
        Err(error) if error.kind() == ErrorKind::NotFound => return missing(path),
        Err(error) => return Err(error),
    };
    if facts.is_dir() {
        return Err(refusal(ErrorKind::IsADirectory, "it is a folder: name a file in it"));
    }
    if is_same(&facts, stdout()) {
        return Ok(Place::Stdout);
    }
    if is_same(&facts, stderr()) {
        return Ok(Place::Stderr);
    }
    let Followed { path: file, is_descriptor } = follow(path)?;
    if facts.is_file() && !is_descriptor && facts.mode() & 0o222 == 0 {
        let words = "it is read-only: allow writing with `chmod u+w`, or name another file";
        return Err(refusal(ErrorKind::PermissionDenied, words));
    }
    eaccess(path, AccessFlags::W_OK)?;
    Ok(match (is_descriptor, facts.is_file()) {
        (true, _) => Place::Descriptor(file),
        (false, true) => Place::Regular(file, facts),
        (false, false) => Place::Stream(file, facts),
    })
}

/// Returns where `path` leads if there is nothing yet.
fn missing(path: &Path) -> io::Result<Place> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() {
        return Err(refusal(ErrorKind::InvalidInput, "the name is empty: name a file"));
    }
    if bytes.ends_with(b"/") || bytes.ends_with(b"/.") {
        return Err(refusal(ErrorKind::IsADirectory, "it is the name of a folder: name a file"));
    }
    if folder(path).starts_with(derived()) {
        fs::create_dir_all(folder(path))?;
    }
    match follow(path) {
        Ok(Followed { path, .. }) => Ok(Place::Missing(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let words = "its folder does not exist: make the folder, or name a file in another one";
            Err(refusal(ErrorKind::NotFound, words))
        }
        Err(error) => Err(error),
    }
}

/// Returns whether this is the file that `stream` writes to.
fn is_same(facts: &Metadata, stream: impl AsFd) -> bool {
    fstat(stream).is_ok_and(|its| (its.st_dev, its.st_ino) == (facts.dev(), facts.ino()))
}

/// Writes all of `bytes`. `sync` makes sure that a file is on the disk.
fn write_to(place: Place, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    match place {
        Place::Stdout => pour(stdout().lock(), bytes),
        Place::Stderr => pour(stderr().lock(), bytes),
        Place::Descriptor(path) => pour(OpenOptions::new().append(true).open(path)?, bytes),
        Place::Stream(path, facts) => pour(open(&path, &facts)?, bytes),
        Place::Missing(path) => {
            // The umask decides who may read it, as for any other file.
            let mut file = new_beside(&path, 0o666)?;
            file.write_all(bytes)?;
            sync(file.as_file())?;
            file.persist(&path)?;
            Ok(())
        }
        Place::Regular(path, facts) if facts.nlink() > 1 => in_place(&path, bytes, sync),
        Place::Regular(path, facts) => match replace(&path, &facts, bytes, sync) {
            Err(error) if is_immovable(&error) => in_place(&path, bytes, sync),
            done => done,
        },
    }
}

/// Writes to a stream. A reader that closes it has seen enough, which is no error.
fn pour(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        poured => poured,
    }
}

/// Opens a device, or a named pipe once somebody reads it.
fn open(path: &Path, facts: &Metadata) -> io::Result<File> {
    let begun = Instant::now();
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    loop {
        let error = match OpenOptions::new().write(true).custom_flags(flags).open(path) {
            Ok(file) => {
                // From here on, writing waits for a slow reader.
                fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
                return Ok(file);
            }
            Err(error) => error,
        };
        // The error `ENXIO` says that nobody reads the named pipe (open(2)).
        if !facts.file_type().is_fifo() || error.raw_os_error() != Some(Errno::ENXIO as i32) {
            return Err(error);
        }
        if begun.elapsed() > TIMEOUT {
            let words = format!("it is a named pipe that nobody has read for {} s", TIMEOUT.as_secs());
            return Err(refusal(ErrorKind::TimedOut, words));
        }
        sleep(Duration::from_millis(10));
    }
}

/// Puts a new file with the same owner and mode in the place of a regular one.
fn replace(path: &Path, facts: &Metadata, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    let mut new = new_beside(path, facts.mode() & 0o777)?;
    let made = new.as_file().metadata()?;
    if (made.uid(), made.gid()) != (facts.uid(), facts.gid()) {
        fchown(new.as_file(), Some(facts.uid()), Some(facts.gid()))?;
    }
    new.as_file().set_permissions(Permissions::from_mode(facts.mode() & 0o7777))?;
    new.write_all(bytes)?;
    sync(new.as_file())?;
    new.persist(path)?;
    Ok(())
}

/// Returns whether a file could not be replaced, but may still be written in place: nothing may be made in its
/// folder, its owner cannot be kept, or something is mounted at it.
fn is_immovable(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy)
}

/// Overwrites a regular file. It makes room first, so that it notices a full disk while the file is still as it was.
fn in_place(path: &Path, bytes: &[u8], sync: fn(&File) -> io::Result<()>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let (before, after) = (file.metadata()?.len(), bytes.len() as u64);
    let room = i64::try_from(after).map_or(Err(Errno::EFBIG), |after| match after {
        0 => Ok(()),
        after => posix_fallocate(&file, 0, after),
    });
    // Any other error says that this file system can't make room in advance. The file is then written to as it is.
    if let Err(full @ (Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG)) = room {
        file.set_len(before)?;
        return Err(full.into());
    }
    file.write_all(bytes)?;
    file.set_len(after)?;
    sync(&file)
}

fn new_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    temporary::new(folder(path), mode)
}
