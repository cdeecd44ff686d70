//! Shows the progress of the rounds, on a terminal only. The bar is drawn between batches, never during one.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the rounds began and how long they may take, if the time decides how many rounds there are.
    time: Option<(Instant, Duration)>,
}

impl Progress {
    /// Makes a progress bar with this name for `steps` batches, or for fewer if they take longer than `time`.
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

    /// Shows which batch comes next.
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

    /// Shows that the batch is done.
    pub(crate) fn done(&self) {
        match self.time {
            Some((since, time)) => self.bar.set_position(since.elapsed().min(time).as_millis() as u64),
            None => self.bar.inc(1),
        }
    }

    /// Removes the bar after the last batch.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
