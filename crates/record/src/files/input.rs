//! Reading a file that somebody named: never without end, and never waiting for a writer that does not come.
//!
//! - A regular file is read, through symbolic links, up to a limit.
//! - A pipe that was opened for this process is read up to the same limit: `<(zstdcat run.json.zst)` and
//!   `/dev/stdin`.
//! - Anything else is refused at once, with what it is: a named pipe, a device, a socket, a folder.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::str::Utf8Error;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::place::{follow, kind, refusal};

/// The most bytes of a file of the store, 256 MiB; a run of all questions has 0.3 MB, and 1.2 MB before it is
/// compressed.
pub const LIMIT: u64 = 256 << 20;

/// The bytes of the file at `path`, where there are at most `limit` of them.
///
/// # Errors
/// Where there is no such file or it may not be read; where it is nothing that is read, or larger than `limit`, which
/// is said in words.
pub fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    let length = file.metadata()?.len();
    if length <= limit {
        // The length of what is read was not checked against the memory that there is: reading needs it anyway.
        bytes.reserve_exact(usize::try_from(length).unwrap_or(0));
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    if length > limit || bytes.len() as u64 > limit {
        let words = format!("it is larger than {}, the limit for such a file", size(limit));
        return Err(refusal(ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// The text of the file at `path`, where it has at most `limit` bytes; without a byte order mark.
///
/// # Errors
/// As [`bytes`] has them, and where it is not UTF-8.
pub fn text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = bytes(path, limit)?;
    if is_utf_16(&bytes) {
        return Err(refusal(ErrorKind::InvalidData, UTF_16));
    }
    let text = str::from_utf8(without_mark(&bytes));
    let words = |error: Utf8Error| format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1);
    text.map(str::to_owned).map_err(|error| refusal(ErrorKind::InvalidData, words(error)))
}

/// `bytes` without the byte order mark of UTF-8, which some editors put before a text (RFC 3629, section 6).
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Whether `bytes` are UTF-16, as some shells write what is redirected: it begins with one of two marks (RFC 2781,
/// section 3.2), with which no UTF-8 begins.
pub(crate) fn is_utf_16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF")
}

/// What is said of that.
pub(crate) const UTF_16: &str = "it is in UTF-16, and should be in UTF-8";

fn open(path: &Path) -> io::Result<File> {
    // A named pipe without a writer is opened at once, and so can be refused: there is no moment between a look at
    // what it is and the opening, in which it could become something else.
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let is = file.metadata()?.file_type();
    if is.is_file() {
        return Ok(file);
    }
    if is.is_fifo() && follow(path)?.is_descriptor {
        // Its writer may take its time.
        fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
        return Ok(file);
    }
    let words = format!("it is {}; what can be read is a regular file, or a pipe such as <(zstdcat FILE)", kind(is));
    Err(refusal(ErrorKind::InvalidInput, words))
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}
