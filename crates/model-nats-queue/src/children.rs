//! The processes in which a worker makes requests.
//!
//! A worker makes no request itself: a share that breaks the process that makes its requests breaks a child, and the
//! worker goes on with the next one. A child is kept with what is prepared in it, so that its connections are reused.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fanout_model::{Outcome, Request, Settings, Usage};
use fanout_worker::{Worker, role};

/// So many children are kept for settings that are not in use. Clients that differ in their settings share a worker.
const MOST_IDLE: usize = 4;

/// The children of one worker, all of which use one model.
#[derive(Debug)]
pub(crate) struct Children {
    model: String,
    /// The child that was used last is the last one.
    idle: Mutex<Vec<(Settings, Worker)>>,
}

impl Children {
    /// No children yet.
    pub(crate) fn new(model: &str) -> Self {
        Self { model: model.into(), idle: Mutex::default() }
    }

    /// Makes sure that a child has prepared for these settings. It blocks.
    ///
    /// # Errors
    /// Why it could not.
    pub(crate) fn prepare(&self, settings: &Settings) -> Result<(), String> {
        let child = self.take(settings)?;
        self.put_back(settings, child);
        Ok(())
    }

    /// Makes requests in a child. It blocks.
    ///
    /// # Errors
    /// Why there are no outcomes: the child could not prepare, or it died. It is not used again.
    pub(crate) fn run(&self, settings: &Settings, requests: &[Request]) -> Result<(Vec<Outcome>, Usage), String> {
        let mut child = self.take(settings)?;
        let made = child.run(requests)?;
        self.put_back(settings, child);
        Ok(made)
    }

    fn take(&self, settings: &Settings) -> Result<Worker, String> {
        let mut idle = self.idle();
        if let Some(place) = idle.iter().rposition(|(prepared, _)| prepared == settings) {
            return Ok(idle.remove(place).1);
        }
        drop(idle);
        let start = || {
            let mut child = Worker::start(role::again()?)?;
            child.ask_to_prepare(&self.model, settings)?;
            child.prepared()?;
            Ok(child)
        };
        start().map_err(|error: fanout_model::SetupError| error.to_string())
    }

    fn put_back(&self, settings: &Settings, child: Worker) {
        let mut idle = self.idle();
        idle.push((settings.clone(), child));
        // The one that was used longest ago ends outside of the lock, since ending takes a moment.
        let oldest = (idle.len() > MOST_IDLE).then(|| idle.remove(0));
        drop(idle);
        drop(oldest);
    }

    /// A thread that panicked left a valid list, because a push or a removal is never half done.
    fn idle(&self) -> MutexGuard<'_, Vec<(Settings, Worker)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
