//! Where the pages of runs are.

use fanout_record::Run;

use crate::page::frame::slug;

/// Where the page of a run is, seen from the index. It stays the same as long as the run has its id.
pub(super) fn address(run: &Run) -> String {
    format!("runs/{}.html", slug(&run.id))
}
