//! Waits until the process that started this one is gone.

use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::time::sleep;

/// The end of the parent may be noticed this much too late.
const LOOK: Duration = Duration::from_millis(100);

/// Returns when `parent` is no longer the parent of this process. It returns at once if it never was, because it
/// ended before this process looked.
pub(crate) async fn gone(parent: u32) {
    while parent_id() == parent {
        sleep(LOOK).await;
    }
}
