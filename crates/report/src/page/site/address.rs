//! The addresses of the pages of runs.

use fanout_record::Run;
use sha2::{Digest, Sha256};

use crate::page::frame::slug;

/// A run's name is no longer than this in the name of a file. An id is a ULID of 26 characters, but a run file may
/// hold any text.
const LONGEST: usize = 100;

/// Returns the address of the page of a run, as seen from the index. It stays the same as long as the run has its id.
pub(super) fn address(run: &Run) -> String {
    let name = slug(&run.id);
    if name.len() <= LONGEST {
        return format!("runs/{name}.html");
    }
    let digest = Sha256::digest(&run.id);
    format!("runs/{}-{:02x}{:02x}{:02x}{:02x}.html", &name[..LONGEST], digest[0], digest[1], digest[2], digest[3])
}
