//! What do many machines cost? Batches with a delay of 20 ms, and 20 requests in flight for each of one, two and four
//! workers, through a NATS queue and over ssh. The process pool makes the same batches beside them.
//!
//! The answer looks like: four workers make nearly four times as many requests a second as one, and a request through
//! the queue costs a little more processor time than one over ssh, most of it in the HTTP client. The bench does not
//! show what a network between the machines costs, because all of them are this one; and the process pool has a
//! process for each request in flight, so that its cost is that of many more processes.
//! `cargo bench -p fanout-benches --bench fleet` runs it, in about a minute. It needs a `nats-server`, which
//! `FANOUT_NATS_SERVER` may name, and an `sshd`; what is missing is left out with the reason.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fanout_fleet::arms::{self, Arm, Kind};
use fanout_fleet::spent::{Spent, spent};
use fanout_fleet::{NatsServer, SshServer};
use fanout_harness::server::{Server, Serving};
use fanout_model::Request;
use fanout_needs::skip;
use fanout_suite::by_name::{ended, is_tried};
use mock_server::Engine;

const DELAY: Duration = Duration::from_millis(20);

/// How many requests each worker has in flight.
const IN_FLIGHT: usize = 20;

/// How many requests a batch has, for each that is in flight.
const TURNS: usize = 50;

/// The least share of the ideal rate that four workers of the queue must reach.
const LEAST: f64 = 0.8;

fn main() -> ExitCode {
    fanout_harness::enter();
    arms::enter();
    let tried = is_tried();
    ended("fleet", measure(if tried { 1 } else { 5 }, if tried { 5 } else { TURNS }, tried))
}

/// What was measured of an arm: for each round, the requests a second, and what a request cost.
struct Measured {
    arm: Arm,
    rates: Vec<f64>,
    costs: Vec<Spent>,
}

fn measure(rounds: usize, turns: usize, tried: bool) -> anyhow::Result<()> {
    let mut arms = Vec::new();
    for (kind, lacks) in [
        (Kind::Queue, NatsServer::program().err()),
        (Kind::Ssh, SshServer::program().err()),
        (Kind::ProcessPool, None),
    ] {
        match lacks {
            Some(why) => skip(kind.needs(), &why).map_err(anyhow::Error::msg)?,
            None => arms.extend([1, 2, 4].map(|workers| Arm { kind, workers })),
        }
    }
    let server = Server::start(Serving { delay: DELAY, engine: Engine::Hyper, ..Serving::default() })?;
    let mut measured: Vec<Measured> =
        arms.into_iter().map(|arm| Measured { arm, rates: Vec::new(), costs: Vec::new() }).collect();
    for _ in 0..rounds {
        fastrand::shuffle(&mut measured);
        for it in &mut measured {
            let (rate, cost) = sample(it.arm, &server, turns).with_context(|| it.arm.label())?;
            it.rates.push(rate);
            it.costs.push(cost);
        }
    }
    measured.sort_by_key(|it| it.arm);
    println!("{DELAY:?} of delay, {IN_FLIGHT} in flight for each worker, {rounds} rounds, medians");
    println!("arm                requests/s  of ideal   us of processor time a request: client  workers  between");
    let mut reached = None;
    for it in &mut measured {
        let (rate, ideal) = (median(&mut it.rates), (it.arm.workers * IN_FLIGHT) as f64 / DELAY.as_secs_f64());
        let [client, workers, between] =
            Spent::KINDS.map(|of| median(&mut it.costs.iter().map(|cost| cost.of(of)).collect::<Vec<_>>()));
        let (label, share) = (it.arm.label(), rate / ideal);
        println!("{label:18} {rate:10.0}  {:7.1} %  {client:37.1}  {workers:7.1}  {between:7.1}", 100.0 * share);
        if it.arm == (Arm { kind: Kind::Queue, workers: 4 }) {
            reached = Some(share);
        }
    }
    let least = 100.0 * LEAST;
    ensure!(
        tried || reached.is_none_or(|share| share >= LEAST),
        "four workers made less than {least} % of the ideal"
    );
    Ok(())
}

/// Makes a batch with everything connected, and returns the requests a second, and microseconds for each request.
fn sample(arm: Arm, server: &Server, turns: usize) -> anyhow::Result<(f64, Spent)> {
    let in_flight = arm.workers * IN_FLIGHT;
    let mut fleet = arm.start(in_flight)?;
    let request = Request::get(server.uuid_url())?;
    // The connections are opened here, off the clock.
    let warm = fleet.runner.run(&vec![request.clone(); 2 * in_flight]);
    ensure!(warm.iter().all(|outcome| outcome.result.is_ok()), "{:?}", warm.first());
    server.reset()?;
    let n = turns * in_flight;
    let requests = vec![request; n];
    let process = server.process().context("the server is on this machine")?;
    let before = spent(process);
    let clock = Instant::now();
    let outcomes = fleet.runner.run(&requests);
    let took = clock.elapsed();
    let cost = spent(process) - before;
    let failed = outcomes.iter().find_map(|outcome| outcome.result.as_ref().err());
    ensure!(failed.is_none(), "{failed:?}");
    let stats = server.stats()?;
    ensure!(stats.arrivals == n as u64, "the server counted {} arrivals of {n}", stats.arrivals);
    ensure!(stats.peak_in_flight <= in_flight as u64, "{} were in flight", stats.peak_in_flight);
    Ok((n as f64 / took.as_secs_f64(), cost / n as f64))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
