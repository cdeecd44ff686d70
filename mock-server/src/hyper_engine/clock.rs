//! Delays that end exactly when they are due. tokio's timers end on ticks of a millisecond. With them, answers that
//! are due one by one would leave in bursts, and a client that works while it waits would look no better than others.
//!
//! One timerfd (timerfd_create(2)) is set to the earliest delay. Its resolution is the system's, some microseconds.

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

/// The waiting requests by their due times. The number distinguishes requests that are due at the same moment.
type Waiting = BTreeMap<(Instant, u64), oneshot::Sender<()>>;

/// nix's timer in a form that tokio can wait for.
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
    /// Creates the clock. Call it inside the runtime that will wait for it.
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

    /// Returns when this much time has passed. [`Clock::run`] must be running meanwhile.
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
        // Waiting fails only if the clock has been dropped together with the engine.
        let _ = is_due.await;
    }

    /// Ends the delays that are due, for ever.
    pub(super) async fn run(&self) {
        while let Ok(mut ready) = self.timer.readable().await {
            // The number of expirations does not matter, but reading it is what clears the event.
            let _ = ready.try_io(|timer| timer.get_ref().0.wait().map_err(io::Error::from));
            let mut waiting = self.waiting();
            let now = Instant::now();
            while let Some(entry) = waiting.0.first_entry() {
                if entry.key().0 > now {
                    self.set(entry.key().0);
                    break;
                }
                // If the request was given up, the receiver has been dropped.
                let _ = entry.remove().send(());
            }
        }
    }

    fn set(&self, due: Instant) {
        // A time of zero would disarm the timer.
        let left = due.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        let expiration = Expiration::OneShot(TimeSpec::from_duration(left));
        let set = self.timer.get_ref().0.set(expiration, TimerSetTimeFlags::empty());
        set.expect("it fails for what is no timer, and for a time out of range");
    }

    /// A thread that panicked left a valid map, because an insertion or a removal is never half done.
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
