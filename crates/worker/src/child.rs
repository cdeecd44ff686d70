//! The worker's side: says hello, prepares a model, runs batches until its standard input ends.

use std::io::{self, stdin, stdout};
use std::mem::replace;
use std::process::exit;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use fanout_model::{Model, Runner};
use fanout_usage::Meter;

use crate::protocol::{Reply, Request, VERSION, read, write};

/// Serves the parent on standard input and output, and never returns: the process ends with its parent's interest,
/// with code 0, or with 1 and a reason on standard error where the parent does not speak the protocol.
pub fn serve(find: impl Fn(&str) -> Option<&'static dyn Model>) -> ! {
    match answer(&listen(), find) {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("fanout worker: {error}");
            exit(1)
        }
    }
}

/// Reads on a thread of its own: the end of input must end the process also while a batch is running.
fn listen() -> Receiver<io::Result<Request>> {
    let (requests, queue) = channel();
    thread::spawn(move || {
        let mut stdin = stdin().lock();
        loop {
            let request = match read(&mut stdin) {
                Ok(Some(request)) => Ok(request),
                Ok(None) => exit(0),
                Err(error) => Err(error),
            };
            let last = request.is_err();
            if requests.send(request).is_err() || last {
                return;
            }
        }
    });
    queue
}

fn answer(
    requests: &Receiver<io::Result<Request>>,
    find: impl Fn(&str) -> Option<&'static dyn Model>,
) -> io::Result<()> {
    let mut stdout = stdout().lock();
    write(&mut stdout, &Reply::Hello { protocol: VERSION })?;
    let mut runner: Option<Box<dyn Runner>> = None;
    // From one reply to the next, so that reading a run and writing its outcomes are counted with the runs.
    let mut meter = Meter::start();
    while let Ok(request) = requests.recv() {
        let reply = match request? {
            Request::Prepare { model, settings } => match find(&model).map(|model| model.prepare(&settings)) {
                Some(Ok(prepared)) => {
                    runner = Some(prepared);
                    meter = Meter::start();
                    Reply::Prepared
                }
                Some(Err(error)) => Reply::Refused { reason: error.to_string() },
                None => Reply::Refused { reason: format!("this worker knows no model `{model}`") },
            },
            Request::Run { urls } => match &mut runner {
                Some(runner) => {
                    let outcomes = runner.run(&urls);
                    Reply::Outcomes { outcomes, usage: replace(&mut meter, Meter::start()).stop() }
                }
                None => Reply::Refused { reason: "nothing is prepared".into() },
            },
        };
        write(&mut stdout, &reply)?;
    }
    Ok(())
}
