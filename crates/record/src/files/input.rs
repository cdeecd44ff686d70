//! Reads a file that somebody named. It never reads without end, and never waits for a writer that does not come.
//!
//! - A regular file is read, through symbolic links, up to a limit.
//! - A pipe that was opened for this process is read up to the same limit: `<(zstdcat run.json.zst)` and
//!   `/dev/stdin`, which `-` also names.
//! - Anything else (a named pipe, a device, a socket or a folder) is refused at once, and the error says what it is.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::str::Utf8Error;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::place::{HYPHEN, follow, kind, refusal};

/// The most bytes that a file of the store may have, 256 MiB. A run of all questions has 0.3 MB, and 1.2 MB before it
/// is compressed.
pub const LIMIT: u64 = 256 << 20;

/// Returns the bytes of the file at `path`, if there are at most `limit` of them.
///
/// # Errors
/// If there is no such file, if it may not be read, if it is of a kind that is not read, or if it is larger than
/// `limit`. The error says the last two in words.
pub fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(if path.as_os_str() == HYPHEN { Path::new("/dev/stdin") } else { path })?;
    let mut bytes = Vec::new();
    let length = file.metadata()?.len();
    if length <= limit {
        // Nothing checks whether there is enough memory for this length, because reading needs as much anyway.
        bytes.reserve_exact(usize::try_from(length).unwrap_or(0));
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    if length > limit || bytes.len() as u64 > limit {
        let words = format!("it is larger than {}, the limit for such a file", size(limit));
        return Err(refusal(ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// Returns the text of the file at `path`, without a byte order mark, if it has at most `limit` bytes.
///
/// # Errors
/// If [`bytes`] fails, or if the file is not UTF-8.
pub fn text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = bytes(path, limit)?;
    if is_utf_16(&bytes) {
        return Err(refusal(ErrorKind::InvalidData, UTF_16));
    }
    let text = str::from_utf8(without_mark(&bytes));
    let words = |error: Utf8Error| format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1);
    text.map(str::to_owned).map_err(|error| refusal(ErrorKind::InvalidData, words(error)))
}

/// Returns `bytes` without the byte order mark of UTF-8, which some editors put before a text (RFC 3629, section 6).
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Returns whether `bytes` are UTF-16, which some shells write when output is redirected. Such a text begins with one
/// of two marks (RFC 2781, section 3.2), and no UTF-8 begins with either.
pub(crate) fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF")
}

/// The message about a text in UTF-16.
pub(crate) const UTF_16: &str = "it is in UTF-16, and should be in UTF-8";

fn open(path: &Path) -> io::Result<File> {
    // A named pipe without a writer is opened at once, and can then be refused. The file is looked at after it was
    // opened, so that it cannot become something else in between.
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let is = file.metadata()?.file_type();
    if is.is_file() {
        return Ok(file);
    }
    if is.is_fifo() && follow(path)?.is_descriptor {
        // From here on, reading waits for a slow writer.
        fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
        return Ok(file);
    }
    let words = format!("it is {}; what can be read is a regular file, or a pipe such as <(zstdcat FILE)", kind(is));
    Err(refusal(ErrorKind::InvalidInput, words))
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}
