//! What a person sees at a terminal while a command waits for longer than a moment.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Nothing is said of what is over by then. The line changes as often.
const MOMENT: Duration = Duration::from_secs(1);

/// A line that says what is under way, and for how long. It is drawn on standard error if that is a terminal, and
/// erased when this value is dropped.
pub(super) struct Waiting {
    words: Option<Sender<String>>,
    drawn: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait. Elsewhere than at a terminal, or if it is not `wanted`, nothing is drawn and no thread is
    /// started.
    pub(super) fn begin(wanted: bool) -> Self {
        if !wanted || !stderr().is_terminal() {
            return Self { words: None, drawn: None };
        }
        let (words, heard) = channel::<String>();
        let draw = move || {
            let style =
                ProgressStyle::with_template("{msg}: {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
            let (mut next, mut is_drawn) = (Instant::now() + MOMENT, false);
            loop {
                match heard.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    // Before it is drawn, this only notes the words.
                    Ok(words) => line.set_message(words),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        if !is_drawn {
                            line.set_draw_target(ProgressDrawTarget::stderr());
                            is_drawn = true;
                        }
                        line.tick();
                        next += MOMENT;
                    }
                }
            }
            line.finish_and_clear();
        };
        // Where the system gives no thread, there is no line.
        let drawn = Builder::new().name("waiting".into()).spawn(draw).ok();
        Self { words: Some(words), drawn }
    }

    /// Says what is being waited for.
    pub(super) fn says(&self, words: String) {
        if let Some(line) = &self.words {
            // Where there is no line, nobody hears it.
            let _ = line.send(words);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.words = None;
        // It draws, and panics nowhere.
        let _ = self.drawn.take().map(JoinHandle::join);
    }
}
