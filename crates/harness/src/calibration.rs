//! Finds out how many times a hash must be hashed to keep a processor of this machine busy for a given time.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use fanout_model::{answer, nanoseconds};
use fanout_record::run::Work;

/// How many times a hash is hashed in one try.
const TIMES: u32 = 500_000;

/// How many tries there are. The fastest one counts, because anything else that runs only makes a try slower.
const TRIES: u32 = 20;

/// How long one step takes, in nanoseconds. It is measured once in a process.
static STEP: LazyLock<f64> = LazyLock::new(|| {
    let measure = |_| {
        let begun = Instant::now();
        black_box(answer::work(black_box(b"calibration"), TIMES));
        begun.elapsed().as_secs_f64()
    };
    let fastest = (0..TRIES).map(measure).fold(f64::INFINITY, f64::min);
    fastest * 1e9 / f64::from(TIMES)
});

/// Returns the work that keeps a processor busy for this long.
#[must_use]
pub fn work(duration: Duration) -> Work {
    let times = duration.as_secs_f64() * 1e9 / *STEP;
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    // A number that is too great becomes the greatest one, which takes many seconds.
    Work { ns: nanoseconds(duration), times: times.round() as u32, processors }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_time_is_twice_the_work() {
        let (one, two) = (work(Duration::from_micros(100)), work(Duration::from_micros(200)));
        assert!(one.times > 0 && two.times.abs_diff(2 * one.times) <= 1);
        assert_eq!(one.ns, 100_000);
    }
}
