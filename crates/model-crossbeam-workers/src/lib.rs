//! Workers fed by a bounded channel (crossbeam): the thread that makes the requests waits until there is room for one
//! more.
//!
//! Only the channel of jobs is bounded. The channel of results is unbounded, so that a worker never waits for the
//! feeder while the feeder waits for a worker.

use std::convert::Infallible;
use std::iter;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use fanout_clients::ureq::Client;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError, runtime,
};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct CrossbeamWorkers;

impl Model for CrossbeamWorkers {
    fn id(&self) -> &'static str {
        "crossbeam-workers"
    }

    fn about(&self) -> &'static str {
        "threads fed by a bounded channel, one shared synchronous client (ureq)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Threads,
            pick_it_when: "requests come from a long or endless source, such as a file or a stream: few of them wait \
                in memory",
            it_costs: "as much as a pool of threads, and the feeding thread wakes up again and again during the work",
            called: Called::Blocking,
            one_host: false,
            libraries: &["crossbeam-channel", "ureq"],
            crates: 26,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        let wanted = settings.concurrency.get();
        let (jobs, queue) = bounded(wanted);
        let (life, all_dead) = bounded(0);
        let mut workers = Workers { jobs: Some(jobs), all_dead, threads: Vec::new() };
        for lane in 0..wanted {
            let (client, queue, life) = (client.clone(), queue.clone(), life.clone());
            let thread = Builder::new().name(format!("worker-{lane}")).spawn(move || {
                work(lane, &client, queue);
                drop(life);
            });
            // If an error is returned, the workers are dropped, which ends the threads that did start.
            workers.threads.push(thread.map_err(|error| SetupError::Threads {
                wanted,
                started: lane,
                reason: error.to_string(),
            })?);
        }
        Ok(Box::new(workers))
    }
}

struct Job {
    index: usize,
    request: Request,
    batch: Batch,
    done: Sender<(usize, Outcome)>,
}

// Excerpt: begins.
fn work(lane: usize, client: &Client, queue: Receiver<Job>) {
    for Job { index, request, batch, done } in queue {
        let span = batch.begin(lane);
        let outcome = span.end(client.fetch(&request));
        // Sending fails only if the receiver has been dropped.
        let _ = done.send((index, outcome));
    }
}
// Excerpt: ends.

struct Workers {
    /// `None` only while the workers are being dropped.
    jobs: Option<Sender<Job>>,
    /// Nothing is ever sent on it. It is disconnected when the last thread ends.
    all_dead: Receiver<Infallible>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner for Workers {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        let (done, finished) = unbounded();
        if let Some(jobs) = &self.jobs {
            for (index, request) in requests.iter().enumerate() {
                // Sending fails only if every thread has died. The outcome is then recorded as lost.
                let _ = jobs.send(Job { index, request: request.clone(), batch, done: done.clone() });
            }
        }
        // After this, the channel of results ends with the last job, so that a job that dies with its thread does not
        // make this thread wait for ever. A job that stays in the queue because every thread has died would do so.
        drop(done);
        let next = || {
            select! {
                recv(finished) -> outcome => outcome.ok(),
                recv(self.all_dead) -> _ => finished.try_recv().ok(),
            }
        };
        batch.in_order(requests.len(), iter::from_fn(next))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // The thread has already printed its panic, and its request is recorded as lost.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_whose_workers_all_die_is_lost_and_does_not_hang() {
        for room in [1, 10] {
            let (jobs, queue) = bounded::<Job>(room);
            let (life, all_dead) = bounded(0);
            let dies = Builder::new().spawn(move || {
                let _life: Sender<Infallible> = life;
                let _job = queue.recv();
                panic!("on purpose");
            });
            let mut workers = Workers { jobs: Some(jobs), all_dead, threads: vec![dies.unwrap()] };
            let outcomes = workers.run(&vec![Request::get("http://localhost".parse().unwrap()).unwrap(); 5]);
            assert_eq!(outcomes.iter().filter(|outcome| outcome.result.is_err()).count(), 5);
        }
    }
}
