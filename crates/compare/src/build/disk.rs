//! Whether a disk is full: git does not say why it cannot write a file, and a linker may die of it without a word.

use std::io::{ErrorKind, Write};
use std::path::Path;

/// What there should be room for, in MB.
const ROOM: usize = 64;

/// Words for it, where there is no room in `folder` for what git and compilers write.
pub(crate) fn full(folder: &Path) -> Option<String> {
    let mut file = tempfile::tempfile_in(folder).ok()?;
    let written = (0..ROOM).try_for_each(|_| file.write_all(&[0; 1 << 20]));
    match written.err()?.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some(format!("the disk is full: there is no room for {ROOM} MB in {}", folder.display()))
        }
        _ => None,
    }
}
