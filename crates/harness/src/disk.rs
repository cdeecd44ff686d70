//! Checks whether a disk is full, because git does not say why it cannot write a file, and a linker may fail without
//! a message.

use std::io::{ErrorKind, Write};
use std::path::Path;

/// How much room there should be, in MB.
const ROOM: usize = 64;

/// Returns a message if `folder` has no room for what git and compilers write.
#[must_use]
pub fn full(folder: &Path) -> Option<String> {
    let mut file = tempfile::tempfile_in(folder).ok()?;
    let written = (0..ROOM).try_for_each(|_| file.write_all(&[0; 1 << 20]));
    match written.err()?.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some(format!("the disk is full: there is no room for {ROOM} MB in {}", folder.display()))
        }
        _ => None,
    }
}
