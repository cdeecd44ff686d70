//! Implements the worker's side: it says hello, prepares a model, and runs batches until its standard input ends.

use std::io::{self, stdin, stdout};
use std::process::exit;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use fanout_model::{Model, Outcome, Request, Runner, SetupError, Usage, nanoseconds};
use fanout_usage::Meter;

use crate::protocol::{Batch, Cold, MeasuredBatch, Order, Reply, VERSION, read_order, write};
use crate::slowdown::slowed_down;

/// How many threads of this process are not the model's. The only such thread listens to the parent.
pub(crate) const LISTENERS: u64 = 1;

/// Serves the parent on standard input and output, and never returns. The process ends with code 0 when its standard
/// input ends, or with code 1 and a reason on standard error if the parent does not speak the protocol.
pub fn serve(find: impl Fn(&str) -> Option<&'static dyn Model>, slower: f64) -> ! {
    match answer(&listen(), find, slower) {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("fanout worker: {error}");
            exit(1)
        }
    }
}

/// Reads on a thread of its own, because the end of the input must end the process even while a batch is running.
fn listen() -> Receiver<io::Result<Order>> {
    let (orders, queue) = channel();
    thread::spawn(move || {
        let mut stdin = stdin().lock();
        loop {
            let order = match read_order(&mut stdin) {
                Ok(Some(order)) => Ok(order),
                Ok(None) => exit(0),
                Err(error) => Err(error),
            };
            let last = order.is_err();
            if orders.send(order).is_err() || last {
                return;
            }
        }
    });
    queue
}

fn answer(
    orders: &Receiver<io::Result<Order>>,
    find: impl Fn(&str) -> Option<&'static dyn Model>,
    slower: f64,
) -> io::Result<()> {
    let mut stdout = stdout().lock();
    write(&mut stdout, &Reply::Hello { protocol: VERSION })?;
    let mut runner: Option<Box<dyn Runner>> = None;
    let mut last = Vec::new();
    // The meter counts from one reply to the next, so that reading a run and writing its outcomes are counted with
    // the runs.
    let mut meter = Meter::start();
    while let Ok(order) = orders.recv() {
        let reply = match order? {
            Order::Prepare { model, settings } => match prepare(&Cold { model, settings }, &find) {
                Ok(prepared) => {
                    runner = Some(slowed_down(prepared, slower));
                    meter = Meter::start();
                    Reply::Prepared
                }
                Err(error) => refused(&error),
            },
            Order::Run { batch } => match &mut runner {
                Some(runner) => {
                    let outcomes = runner.run(&requests(batch, &mut last)?);
                    // The order matters: starting a meter resets the peak that the one before reads.
                    let mut usage = meter.stop();
                    meter = Meter::start();
                    usage.threads = usage.threads.saturating_sub(LISTENERS);
                    Reply::Outcomes { outcomes, usage }
                }
                None => refused(&nothing_prepared()),
            },
            Order::Measure { cold, batch, counted } => {
                let requests = requests(batch, &mut last)?;
                let measured = measure(counted, || match (&cold, &mut runner) {
                    (Some(cold), _) => Ok(run_cold(slowed_down(prepare(cold, &find)?, slower), &requests)),
                    (None, Some(runner)) => Ok(Ran {
                        outcomes: runner.run(&requests),
                        elsewhere: runner.usage_elsewhere(),
                        workers: runner.workers_elsewhere(),
                    }),
                    (None, None) => Err(nothing_prepared()),
                });
                measured.map_or_else(|error| refused(&error), Reply::MeasuredBatch)
            }
        };
        write(&mut stdout, &reply)?;
    }
    Ok(())
}

/// Returns the requests of an order. A request that cannot be sent is no part of the protocol.
///
/// A request that is the same as one of the `last` order becomes a clone of it, so that a client sees that at once,
/// and does not compare whole bodies while the clock runs.
fn requests(batch: Batch, last: &mut Vec<Request>) -> io::Result<Vec<Request>> {
    let mut requests = batch.into_requests().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    // Most requests are clones of the one before them, in this order and in the last one.
    let mut before: Option<(Request, Request)> = None;
    for (request, known) in requests.iter_mut().zip(last.iter()) {
        let same = (request.clone(), known.clone());
        if before.as_ref() == Some(&same) || request == known {
            before = Some(same);
            request.clone_from(known);
        }
    }
    last.clone_from(&requests);
    Ok(requests)
}

fn prepare(cold: &Cold, find: impl Fn(&str) -> Option<&'static dyn Model>) -> Result<Box<dyn Runner>, SetupError> {
    let model = find(&cold.model);
    let model = model.ok_or_else(|| SetupError::Worker(format!("it knows no model `{}`", cold.model)))?;
    model.prepare(&cold.settings)
}

/// What a model did.
struct Ran {
    outcomes: Vec<Outcome>,
    elsewhere: Usage,
    workers: Option<usize>,
}

/// Runs a batch on the clock. The meter starts before the clock and stops after it, so that counting takes no time on
/// the clock.
fn measure(counted: bool, run: impl FnOnce() -> Result<Ran, SetupError>) -> Result<MeasuredBatch, SetupError> {
    let meter = counted.then(Meter::start);
    let clock = Instant::now();
    let Ran { outcomes, elsewhere, workers } = run()?;
    let wall = clock.elapsed();
    let own = meter.map(Meter::stop).unwrap_or_default();
    Ok(MeasuredBatch { wall_ns: nanoseconds(wall), outcomes, own, elsewhere, workers })
}

/// Makes a run that also ends what was prepared for it. The model's processes are then reaped, so that the meter has
/// their time. They report their memory and threads themselves.
fn run_cold(mut runner: Box<dyn Runner>, requests: &[Request]) -> Ran {
    let outcomes = runner.run(requests);
    let Usage { peak_memory, threads, .. } = runner.usage_elsewhere();
    let elsewhere = Usage { peak_memory, threads, ..Usage::default() };
    Ran { outcomes, elsewhere, workers: runner.workers_elsewhere() }
}

fn nothing_prepared() -> SetupError {
    SetupError::Worker("nothing is prepared".into())
}

fn refused(error: &SetupError) -> Reply {
    Reply::Refused { reason: error.to_string() }
}
