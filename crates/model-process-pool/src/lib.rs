//! Worker processes with one client each, among which the batch is split: the notebook's `multiprocessing.Pool`.
//!
//! Each worker gets a contiguous part of the batch and carries it out with the model `sequential`. When a worker
//! dies, the outcomes of its part are recorded as lost, and the others finish theirs. The program must call
//! `fanout_models::enter()` first in `main`.

use std::num::NonZeroUsize;
use std::thread::{available_parallelism, scope};

use fanout_model::split::split_evenly;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Model, Outcome, Request, Runner, Settings, SetupError, Usage,
    runtime,
};
use fanout_worker::{Worker, role};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct ProcessPool;

/// A request for more processes than this is a mistake, or an attack on the machine's memory.
const MOST_PROCESSES: usize = 512;

/// The model that each worker uses for its part.
const SHARE_MODEL: &str = "sequential";

impl Model for ProcessPool {
    fn id(&self) -> &'static str {
        "process-pool"
    }

    fn about(&self) -> &'static str {
        "worker processes, the batch shared out, one synchronous client (ureq) each"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::Processes,
            pick_it_when: "requests must not share memory, or when a crash of one must not end the others",
            it_costs: "a process for each request in flight: its start-up, its memory, and a pipe for each \
                request and answer",
            called: Called::Blocking,
            one_host: false,
            libraries: &["ureq"],
            crates: 24,
            source: include_str!("lib.rs"),
        })
    }

    /// One process for each core, as `Pool()` does.
    fn concurrency(&self) -> Concurrency {
        Concurrency::Chosen(available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        settings.refuse_beyond(self.protocols())?;
        let processes = settings.concurrency.get();
        if processes > MOST_PROCESSES {
            let reason = format!("{processes} processes; {MOST_PROCESSES} is the most, so lower the concurrency");
            return Err(SetupError::Unsupported(reason));
        }
        let start = |_| Worker::start(role::again()?);
        let workers = (0..processes).map(start).collect::<Result<_, _>>()?;
        let mut pool = Pool { workers, usage: Usage::default() };
        // All workers are asked before the first reply is awaited, so that they start up in parallel.
        pool.workers.iter_mut().try_for_each(|worker| worker.ask_to_prepare(SHARE_MODEL, settings))?;
        pool.workers.iter_mut().try_for_each(Worker::prepared)?;
        Ok(Box::new(pool))
    }
}

struct Pool {
    workers: Vec<Worker>,
    usage: Usage,
}

impl Runner for Pool {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        self.usage = Usage::default();
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        // Excerpt: begins.
        let shares = split_evenly(requests, self.workers.len());
        // Here, a thread for each worker only waits for its pipe.
        let answers: Vec<_> = scope(|threads| {
            let ask = |(lane, (worker, share))| threads.spawn(move || carry(batch, lane, worker, share));
            let asked: Vec<_> = self.workers.iter_mut().zip(shares).enumerate().map(ask).collect();
            asked.into_iter().map(|thread| thread.join().expect("waiting on a pipe does not panic")).collect()
        });
        // Excerpt: ends.
        let mut outcomes = Vec::with_capacity(requests.len());
        for (share, usage) in answers {
            outcomes.extend(share);
            self.usage += usage;
        }
        outcomes
    }

    fn usage_elsewhere(&self) -> Usage {
        self.usage
    }
}

/// Carries out one worker's part, and converts its outcomes from the worker's clock to the batch's.
fn carry(batch: Batch, lane: usize, worker: &mut Worker, share: &[Request]) -> (Vec<Outcome>, Usage) {
    if share.is_empty() {
        return (Vec::new(), Usage::default());
    }
    let sent = batch.elapsed();
    match worker.run(share) {
        Ok((outcomes, usage)) => {
            let moved = |outcome: Outcome| Outcome { lane, ..outcome.later(sent) };
            (outcomes.into_iter().map(moved).collect(), usage)
        }
        Err(reason) => (vec![Outcome::lost(lane, batch.elapsed(), reason); share.len()], Usage::default()),
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // All workers are told to end before the first of them is awaited.
        self.workers.iter_mut().for_each(Worker::dismiss);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_be_its_own_worker_is_told_so() {
        let settings = Settings::new(NonZeroUsize::MIN).unwrap();
        let Err(error) = ProcessPool.prepare(&settings) else { panic!("prepared without a worker program") };
        assert!(error.to_string().contains("call `fanout_models::enter()`"), "{error}");
    }
}
