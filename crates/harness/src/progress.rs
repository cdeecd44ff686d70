//! What a person sees while rounds run; on a terminal only. It is drawn between batches, never during one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// `steps` batches of what `name` says.
    pub(crate) fn new(name: &str, steps: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        let template = "{prefix:.bold} {wide_bar:.dim} {msg}  {eta} left";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        Self(bar)
    }

    /// The next batch is this.
    pub(crate) fn next(&self, label: &str, round: usize, rounds: usize) {
        self.0.set_message(format!("{label}, round {}/{rounds}", round + 1));
        self.0.tick();
    }

    /// It is done.
    pub(crate) fn done(&self) {
        self.0.inc(1);
    }

    /// All are.
    pub(crate) fn finish(self) {
        self.0.finish_and_clear();
    }
}
