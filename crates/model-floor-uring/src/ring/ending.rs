//! The end of a ring: everything is cancelled and awaited, before its memory is freed.

use std::mem::{ManuallyDrop, forget};
use std::time::{Duration, Instant};

use io_uring::types::CancelBuilder;

use super::{Place, Ring};

/// How long a dropped ring waits until the kernel has ended every operation. It takes microseconds.
pub(super) const LAST_WAIT: Duration = Duration::from_secs(5);

impl Ring {
    /// Cancels every operation and waits until all have ended. Returns whether they have.
    pub(super) fn cancel_all(&mut self) -> bool {
        for place in 0..self.slots.len() {
            if self.slots[place].socket.is_some() {
                self.close(Place(place));
            }
        }
        let _ = self.ring.submitter().register_sync_cancel(Some(LAST_WAIT.into()), CancelBuilder::any());
        let until = Instant::now() + LAST_WAIT;
        while self.pending > 0 && Instant::now() < until {
            self.short = 0;
            if self.wait(Duration::from_millis(10)).is_err() {
                return false;
            }
            while let Ok(Some(_)) = self.next() {}
        }
        self.pending == 0
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let ended = self.cancel_all();
        // Otherwise the kernel would hold the sockets for a moment longer.
        let _ = self.ring.submitter().unregister_files();
        // SAFETY: neither is used after this, since this value is being dropped. The buffers come last, and only if
        // the kernel uses them no more.
        unsafe {
            ManuallyDrop::drop(&mut self.ring);
            if ended {
                ManuallyDrop::drop(&mut self.buffers);
            }
        }
        if !ended {
            // On another thread than its own, a ring cannot be waited for. Its memory is then left to the kernel.
            for slot in &mut self.slots {
                forget((slot.sending.take(), slot.address.take()));
            }
        }
    }
}
