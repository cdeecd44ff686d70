//! Where a path leads: what reading and writing files have in common.

use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// The most symbolic links that are followed one after another, as on Linux (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Where a path leads through its symbolic links.
pub(crate) struct Followed {
    /// The file itself; there need not be one yet.
    pub(crate) path: PathBuf,
    /// Whether the path is one of a descriptor, such as `/dev/stdout` or `/proc/self/fd/3`: somebody opened the file
    /// for this process already, and which name it has elsewhere does not matter.
    pub(crate) is_descriptor: bool,
}

/// Follows the symbolic links of `path`, also to a file that does not exist yet.
///
/// # Errors
/// [`ErrorKind::NotFound`] where the folder of the file does not exist; else where a folder may not be searched, or
/// the links go round in a circle.
pub(crate) fn follow(path: &Path) -> io::Result<Followed> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            // It ends with `..` or is the root: a folder, and no link.
            return Ok(Followed { path, is_descriptor: false });
        };
        let folder = fs::canonicalize(folder(&path))?;
        path = folder.join(name);
        match fs::read_link(&path) {
            Ok(_) if holds_descriptors(&folder) => return Ok(Followed { path, is_descriptor: true }),
            Ok(target) => path = folder.join(target),
            // It does not exist, or is no link.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                return Ok(Followed { path, is_descriptor: false });
            }
            Err(error) => return Err(error),
        }
    }
    Err(nix::errno::Errno::ELOOP.into())
}

/// Whether this is the folder of a process's descriptors, `/proc/<process>/fd` (proc(5)).
fn holds_descriptors(folder: &Path) -> bool {
    folder.starts_with("/proc") && folder.ends_with("fd")
}

/// The folder that `path` is in; a mere name is in the one at hand.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What a file is, in words.
pub(crate) fn kind(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a named pipe",
        _ if kind.is_socket() => "a socket",
        _ if kind.is_char_device() => "a character device",
        _ if kind.is_block_device() => "a block device",
        _ => "a regular file",
    }
}

/// An error of this program's own, in words.
pub(crate) fn refusal(kind: ErrorKind, words: impl Into<String>) -> io::Error {
    io::Error::new(kind, words.into())
}
