//! Waits until a packet comes, until a moment, or until the relay ends. The timer is a timerfd, which the kernel does
//! not round to milliseconds.

use std::hint;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tun_rs::SyncDevice;

/// The most that the timer is set early. A processor that sleeps longer than this is late, and costs no more.
const EARLIEST: Duration = Duration::from_micros(100);

/// What a thread of the relay waits with.
pub(super) struct Wait {
    timer: TimerFd,
    /// Its other end is dropped when the relay ends.
    ended: UnixStream,
    /// How long it took lately, from the moment of the timer until the thread had a processor.
    waking: Duration,
}

impl Wait {
    pub(super) fn new(ended: UnixStream) -> io::Result<Self> {
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
        Ok(Self { timer, ended, waking: Duration::ZERO })
    }

    /// Waits until a packet comes, or until shortly before this moment. Returns whether the relay is to end.
    ///
    /// The timer is set earlier by the time that waking takes. The caller then asks again and again until the moment
    /// has come, and this function returns at once.
    pub(super) fn until(&mut self, moment: Option<Instant>, device: &SyncDevice) -> io::Result<bool> {
        let early = moment.and_then(|moment| moment.checked_sub(self.waking));
        let time = early.map(|early| early.saturating_duration_since(Instant::now()));
        match time {
            Some(Duration::ZERO) => {
                hint::spin_loop();
                return Ok(false);
            }
            Some(time) => {
                let once = Expiration::OneShot(TimeSpec::from_duration(time));
                self.timer.set(once, TimerSetTimeFlags::empty())?;
            }
            None => self.timer.unset()?,
        }
        let ready = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut waited = [ready(device.as_fd()), ready(self.timer.as_fd()), ready(self.ended.as_fd())];
        let [_, has_rung, has_ended] = match poll(&mut waited, PollTimeout::NONE) {
            Ok(_) => waited.map(|waited| waited.any().unwrap_or(true)),
            Err(Errno::EINTR) => [false; 3],
            Err(error) => return Err(error.into()),
        };
        if let Some(early) = early.filter(|_| has_rung) {
            let late = early.elapsed().min(EARLIEST);
            // A mean that forgets: each time counts for an eighth.
            self.waking = (self.waking * 7 + late) / 8;
        }
        Ok(has_ended)
    }
}
