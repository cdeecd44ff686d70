//! Runs batches in a peer's process, for programs that use a peer as any other model.

use fanout_model::{Batch, Outcome, Request, Runner, Usage, runtime};
use fanout_worker::Worker;

pub(crate) struct Prepared {
    worker: Worker,
    usage: Usage,
}

impl Prepared {
    pub(crate) fn new(worker: Worker) -> Self {
        Self { worker, usage: Usage::default() }
    }
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        if let Err(error) = runtime::refuse() {
            return Batch::refused(requests.len(), &error);
        }
        let batch = Batch::start();
        match self.worker.run(requests) {
            Ok((outcomes, usage)) => {
                self.usage = usage;
                outcomes
            }
            Err(reason) => {
                self.usage = Usage::default();
                vec![Outcome::lost(0, batch.elapsed(), reason); requests.len()]
            }
        }
    }

    fn usage_elsewhere(&self) -> Usage {
        self.usage
    }
}
