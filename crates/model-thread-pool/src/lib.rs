//! A pool of threads that take requests from a queue and share one blocking client: the notebook's
//! `ThreadPoolExecutor`.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use fanout_clients::reqwest_blocking::Client;
use fanout_model::retry::Tried;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Protocol, Request, Runner, Settings, SetupError,
    runtime,
};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct ThreadPool;

impl Model for ThreadPool {
    fn id(&self) -> &'static str {
        "thread-pool"
    }

    fn about(&self) -> &'static str {
        "threads taking requests from a queue, one shared blocking client (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Threads,
            pick_it_when: "the surrounding code is synchronous and some dozens of requests in flight are enough",
            it_costs: "a thread (stack, context switches) for each request in flight, and all of the threads wait \
                for the shared client's one hidden event loop. A client for each thread costs as much, because \
                each has such a loop. `thread-pool-ureq` needs about half of the processor time",
            called: Called::Blocking,
            one_host: false,
            libraries: &["reqwest"],
            crates: 96,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        Ok(Box::new(Pool::start(settings.concurrency, move |request| client.fetch(request))?))
    }
}

/// Threads that take requests from a queue and make them with any client. Dropping the pool ends the threads.
#[derive(Debug)]
pub struct Pool {
    /// `None` only while the pool is being dropped.
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts this many threads, each with a clone of `fetch`.
    ///
    /// # Errors
    /// [`SetupError::Threads`] if the system refuses one of them.
    pub fn start<F>(threads: NonZeroUsize, fetch: F) -> Result<Self, SetupError>
    where
        F: Fn(&Request) -> Tried + Clone + Send + 'static,
    {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut pool = Self { jobs: Some(jobs), threads: Vec::new() };
        for lane in 0..threads.get() {
            let (fetch, queue) = (fetch.clone(), Arc::clone(&queue));
            let thread = Builder::new().name(format!("pool-{lane}")).spawn(move || work(lane, &fetch, &queue));
            // If an error is returned, the pool is dropped, which ends the threads that did start.
            pool.threads.push(thread.map_err(|error| SetupError::Threads {
                wanted: threads.get(),
                started: lane,
                reason: error.to_string(),
            })?);
        }
        Ok(pool)
    }
}

#[derive(Debug)]
struct Job {
    index: usize,
    request: Request,
    batch: Batch,
    done: Sender<(usize, Outcome)>,
}

// Excerpt: begins.
fn work(lane: usize, fetch: impl Fn(&Request) -> Tried, queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is released at the end of this statement, so that other threads can take jobs while this one makes
        // its request. The queue is still valid if a thread panicked.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { index, request, batch, done }) = job else { return };
        let span = batch.begin(lane);
        let outcome = span.end(fetch(&request));
        // Sending fails only if the receiver has been dropped.
        let _ = done.send((index, outcome));
    }
}
// Excerpt: ends.

impl Runner for Pool {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let (done, finished) = channel();
        if let Some(jobs) = &self.jobs {
            for (index, request) in requests.iter().enumerate() {
                // Sending fails only if every thread has died. The outcome is then recorded as lost.
                let _ = jobs.send(Job { index, request: request.clone(), batch, done: done.clone() });
            }
        }
        // After this, the channel ends with the last job: a job that dies with its thread cannot make this thread
        // wait for ever.
        drop(done);
        batch.in_order(requests.len(), finished)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // The thread has already printed its panic, and its request is recorded as lost.
            let _ = thread.join();
        }
    }
}
