//! Delays that end when they are due. tokio's end on ticks of a millisecond: answers that are due one by one would
//! leave in bursts, and a client that works while it waits would look no better than one that does not.
//!
//! One timerfd (timerfd_create(2)) is set to the earliest of them; its resolution is the system's, some microseconds.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

/// Who waits, by when. The number tells those apart that wait for the same moment.
type Waiting = BTreeMap<(Instant, u64), oneshot::Sender<()>>;

/// nix's timer, as tokio wants it.
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// All delays of an engine.
pub(super) struct Clock {
    timer: AsyncFd<Timer>,
    waiting: Mutex<(Waiting, u64)>,
}

impl Clock {
    /// To be called inside the runtime that will wait.
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = Timer(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?);
        #[expect(
            deprecated,
            reason = "its successor is unsafe; what is registered here owns its descriptor, as it asks"
        )]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Self { timer, waiting: Mutex::default() })
    }

    /// Returns when so much time has passed. Somebody must [`Clock::run`].
    pub(super) async fn sleep(&self, delay: Duration) {
        let due = Instant::now() + delay;
        let (done, is_due) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            let number = waiting.1;
            waiting.1 += 1;
            waiting.0.insert((due, number), done);
            if waiting.0.first_key_value().is_some_and(|(first, _)| *first == (due, number)) {
                self.set(due);
            }
        }
        // Fails only where the clock is gone, and the engine with it.
        let _ = is_due.await;
    }

    /// Ends what is due, for ever.
    pub(super) async fn run(&self) {
        while let Ok(mut ready) = self.timer.readable().await {
            // How often it rang is of no interest; reading takes that away.
            let _ = ready.try_io(|timer| timer.get_ref().0.wait().map_err(io::Error::from));
            let mut waiting = self.waiting();
            let now = Instant::now();
            while let Some(entry) = waiting.0.first_entry() {
                if entry.key().0 > now {
                    self.set(entry.key().0);
                    break;
                }
                // A request that was given up no longer waits.
                let _ = entry.remove().send(());
            }
        }
    }

    fn set(&self, due: Instant) {
        // Nothing at all would mean never.
        let left = due.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        let expiration = Expiration::OneShot(TimeSpec::from_duration(left));
        let set = self.timer.get_ref().0.set(expiration, TimerSetTimeFlags::empty());
        set.expect("it fails for what is no timer, and for a time out of range");
    }

    /// An entry is whole or not there at all, whoever panicked.
    fn waiting(&self) -> MutexGuard<'_, (Waiting, u64)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn delays_end_in_the_order_in_which_they_are_due_and_not_before() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = Arc::new(Clock::new().unwrap());
            let running = Arc::clone(&clock);
            let runs = tokio::spawn(async move { running.run().await });
            let (ended, mut order) = tokio::sync::mpsc::unbounded_channel();
            for delay in [30, 0, 10, 20, 10] {
                let (clock, ended) = (Arc::clone(&clock), ended.clone());
                tokio::spawn(async move {
                    let (start, delay) = (Instant::now(), Duration::from_millis(delay));
                    clock.sleep(delay).await;
                    assert!(start.elapsed() >= delay);
                    ended.send(delay.as_millis())
                });
            }
            drop(ended);
            let mut seen = Vec::new();
            while let Some(delay) = order.recv().await {
                seen.push(delay);
            }
            assert_eq!(seen, [0, 10, 10, 20, 30]);
            runs.abort();
        });
    }
}
