//! Lets only one comparison build at a time, because all comparisons in a workspace share the tree and what is built
//! in it.
//!
//! Measuring is not locked. By then the programs have files of their own. A machine has more disturbances than the
//! comparisons of one workspace, and two comparisons that disturb each other see it in A against A.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};
use fanout_harness::interrupt;
use fanout_harness::printing::note;

/// The time between two tries.
const LOOK: Duration = Duration::from_millis(50);

/// Nobody else has the lock until this is dropped or the process is gone.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// Waits for the lock file `path`, and says on standard error that it waits.
///
/// # Errors
/// If the file cannot be created or locked, or if somebody asked to end meanwhile.
pub(crate) fn take(path: &Path) -> anyhow::Result<Lock> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if interrupt::asked() => bail!("interrupted"),
            Err(TryLockError::WouldBlock) if !said => {
                let held = path.display();
                // If the message cannot be printed, this waits all the same.
                note(&format!("another comparison is building; waiting until it is done (it holds {held})"));
                said = true;
            }
            Err(TryLockError::WouldBlock) => sleep(LOOK),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}
