//! A thread that carries whole batches, for a model whose parts must stay on the thread that created them.

use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::{Batch, Outcome, Request, Runner, SetupError, runtime};

/// A runner on its own thread. Dropping it ends the thread and joins it.
#[derive(Debug)]
pub struct OwnThread {
    /// `None` only while the runner is being dropped.
    batches: Option<Sender<Given>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Given {
    batch: Batch,
    requests: Vec<Request>,
    done: Sender<Vec<Outcome>>,
}

impl OwnThread {
    /// Starts the thread, calls `prepare` there, and waits until it returns. The function that it returns carries
    /// each batch.
    ///
    /// # Errors
    /// [`SetupError::InsideRuntime`] inside a tokio runtime, because waiting would block its thread;
    /// [`SetupError::Threads`] if the system refuses the thread; and any error of `prepare`.
    pub fn start<P, C>(name: &str, prepare: P) -> Result<Self, SetupError>
    where
        P: FnOnce() -> Result<C, SetupError> + Send + 'static,
        C: FnMut(Batch, &[Request]) -> Vec<Outcome>,
    {
        runtime::refuse()?;
        let refused = |reason| SetupError::Threads { wanted: 1, started: 0, reason };
        let (batches, queue) = channel::<Given>();
        let (ready, prepared) = channel();
        let work = move || {
            let mut carry = match prepare() {
                Ok(carry) => carry,
                // Here and below, sending fails only if the receiver has been dropped.
                Err(error) => return drop(ready.send(Err(error))),
            };
            let _ = ready.send(Ok(()));
            for Given { batch, requests, done } in queue {
                let _ = done.send(carry(batch, &requests));
            }
        };
        let thread = Builder::new().name(name.into()).spawn(work).map_err(|error| refused(error.to_string()))?;
        // If an error is returned, this is dropped, which ends the thread.
        let own = Self { batches: Some(batches), thread: Some(thread) };
        prepared.recv().unwrap_or_else(|_| Err(refused("it died at once".into())))?;
        Ok(own)
    }
}

impl Runner for OwnThread {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let (done, finished) = channel();
        if let Some(batches) = &self.batches {
            // Sending fails only if the thread has panicked. The receiver below then gets an error at once.
            let _ = batches.send(Given { batch, requests: requests.to_vec(), done });
        }
        finished.recv().unwrap_or_else(|_| batch.in_order(requests.len(), []))
    }
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        drop(self.batches.take());
        if let Some(thread) = self.thread.take() {
            // The thread has already printed its panic, and its requests are recorded as lost.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestError;

    type Carry = fn(Batch, &[Request]) -> Vec<Outcome>;

    #[test]
    fn a_thread_that_dies_loses_its_requests_and_one_that_cannot_prepare_says_why() {
        let request = Request::get("http://127.0.0.1:1".parse().unwrap()).unwrap();
        let mut own = OwnThread::start("own", || Ok(|_, _: &[Request]| panic!("on purpose"))).unwrap();
        for _ in 0..2 {
            let outcomes = own.run(std::slice::from_ref(&request));
            assert!(matches!(&outcomes[..], [Outcome { result: Err(RequestError::Lost(_)), .. }]), "{outcomes:?}");
        }
        let fails = OwnThread::start("own", || Err::<Carry, _>(SetupError::Unsupported("this".into())));
        assert_eq!(fails.unwrap_err(), SetupError::Unsupported("this".into()));
        let dies = OwnThread::start("own", || -> Result<Carry, _> { panic!("on purpose") });
        assert!(matches!(dies, Err(SetupError::Threads { .. })));
    }
}
