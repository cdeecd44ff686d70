//! The addresses of the pages of runs.

use fanout_record::Run;

use crate::page::frame::slug;

/// Returns the address of the page of a run, as seen from the index. It stays the same as long as the run has its id.
pub(super) fn address(run: &Run) -> String {
    format!("runs/{}.html", slug(&run.id))
}
