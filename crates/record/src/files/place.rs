//! Finds where a path leads, which both reading and writing files need.

use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// The path that means standard input where a file is read, and standard output where one is written.
pub(super) const HYPHEN: &str = "-";

/// The most symbolic links that are followed one after another, as on Linux (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// The file that a path leads to through its symbolic links.
pub(crate) struct Followed {
    /// The path of the file itself, which need not exist yet.
    pub(crate) path: PathBuf,
    /// Whether the path is that of a descriptor, such as `/dev/stdout` or `/proc/self/fd/3`. Somebody has then opened
    /// the file for this process already, and its name elsewhere does not matter.
    pub(crate) is_descriptor: bool,
}

/// Follows the symbolic links of `path`, also to a file that does not exist yet.
///
/// # Errors
/// [`ErrorKind::NotFound`] if the folder of the file does not exist; another error if a folder may not be searched,
/// or if the links go round in a circle.
pub(crate) fn follow(path: &Path) -> io::Result<Followed> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            // The path ends with `..` or is the root, so it is a folder and no link.
            return Ok(Followed { path, is_descriptor: false });
        };
        let folder = fs::canonicalize(folder(&path))?;
        path = folder.join(name);
        match fs::read_link(&path) {
            Ok(_) if holds_descriptors(&folder) => return Ok(Followed { path, is_descriptor: true }),
            Ok(target) => path = folder.join(target),
            // The file does not exist, or is no link.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                return Ok(Followed { path, is_descriptor: false });
            }
            Err(error) => return Err(error),
        }
    }
    Err(nix::errno::Errno::ELOOP.into())
}

/// Returns whether this is the folder of a process's descriptors, `/proc/<process>/fd` (proc(5)).
fn holds_descriptors(folder: &Path) -> bool {
    folder.starts_with("/proc") && folder.ends_with("fd")
}

/// Returns the folder that `path` is in. A mere name is in the current folder.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Says in words what a file is.
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

/// Makes an error of this program's own, in words.
pub(crate) fn refusal(kind: ErrorKind, words: impl Into<String>) -> io::Error {
    io::Error::new(kind, words.into())
}
