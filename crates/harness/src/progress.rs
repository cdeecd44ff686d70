//! What a person sees while rounds run; on a terminal only. It is drawn between batches, never during one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) struct Progress {
    bar: ProgressBar,
    /// Where the time that rounds may take decides, and not their number: since when, and how long.
    time: Option<(Instant, Duration)>,
}

impl Progress {
    /// `steps` batches of what `name` says, or fewer if they take longer than `time`.
    pub(crate) fn new(name: &str, steps: usize, time: Option<Duration>) -> Self {
        let (length, left) = match time {
            Some(time) => (time.as_millis() as u64, "{msg}"),
            None => (steps as u64, "{msg}, {eta} left"),
        };
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let template = format!("{{prefix:.bold}} {{wide_bar:.dim}} {left}");
        bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        Self { bar, time: time.map(|time| (Instant::now(), time)) }
    }

    /// The next batch is this.
    pub(crate) fn next(&self, label: &str, round: usize, rounds: usize) {
        let round = round + 1;
        self.bar.set_message(match self.time {
            Some((since, time)) => {
                let left = time.saturating_sub(since.elapsed()).as_secs();
                format!("{label}, round {round}, {left} s left at most")
            }
            None => format!("{label}, round {round}/{rounds}"),
        });
        self.bar.tick();
    }

    /// It is done.
    pub(crate) fn done(&self) {
        match self.time {
            Some((since, time)) => self.bar.set_position(since.elapsed().min(time).as_millis() as u64),
            None => self.bar.inc(1),
        }
    }

    /// All are.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
