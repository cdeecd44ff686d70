//! Each mistake is wrong as it is described, and its twin is not. Both make the same requests of a mock server, in
//! processes of their own, as the bench measures them. The batches are verified as well: each answer is good.
//!
//! In everything else, a mistake is as good as a model: it proves the properties that matter for a fair comparison.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fanout_conformance::{properties, trial};
use fanout_harness::arm::{Entrant, RunningArm};
use fanout_harness::case::Case;
use fanout_harness::endpoint::Endpoint;
use fanout_mistakes::{MISTAKES, Mistake};
use fanout_model::Model;
use fanout_record::run::Role;
use libtest_mimic::{Arguments, Trial};
use mock_server::Engine;

/// The number of requests in a batch.
const REQUESTS: u64 = 100;

/// The most requests in flight.
const LIMIT: u64 = 20;

/// More connections than a right model opens. A pool opens some more than are in flight, when a new connection races
/// with one that becomes free.
const MANY: u64 = 50;

/// When a trial counts as hanging. A deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What every mistake proves.
const PROVEN: [&str; 7] = [
    "uuids_are_valid_and_distinct",
    "the_server_sees_each_request_once",
    "no_requests_make_no_outcomes",
    "a_second_run_is_as_good_as_the_first",
    "status_500_is_that_requests_outcome",
    "json_without_uuid_is_that_requests_outcome",
    "a_hanging_server_is_a_timeout",
];

/// What a batch showed.
#[derive(Debug)]
struct Seen {
    /// The most requests that the server had waiting.
    in_flight: u64,
    /// The connections that carried a request.
    connections: u64,
    /// The most threads of the process.
    threads: u64,
    /// The highest lane.
    lane: usize,
}

fn main() -> ExitCode {
    fanout_harness::enter_with(fanout_mistakes::find);
    trial::enter(&MISTAKES.map(|mistake| mistake.model));
    let described = MISTAKES.iter().map(|mistake| {
        let name = format!("{}_is_wrong_as_described_and_its_twin_is_not", mistake.model.id().replace('-', "_"));
        Trial::test(name, || Ok(is_wrong_as_described(mistake)?))
    });
    let proven = MISTAKES.iter().flat_map(|mistake| PROVEN.map(|name| as_good_as_a_model(mistake.model, name)));
    libtest_mimic::run(&Arguments::from_args(), described.chain(proven).collect()).exit_code()
}

fn as_good_as_a_model(model: &'static dyn Model, name: &'static str) -> Trial {
    let check = move || {
        let property = properties::find(name).ok_or("no such property")?;
        Ok(trial::run(model, property, TIMEOUT)?)
    };
    Trial::test(format!("{}::{name}", model.id()), check)
}

fn is_wrong_as_described(mistake: &Mistake) -> Result<()> {
    let id = mistake.model.id();
    // All requests of a mistake without a limit must have begun before the first is answered, also on a busy machine.
    let delay = Duration::from_millis(if mistake.limited { 50 } else { 500 });
    let wrong = seen(mistake.model, mistake.limited, delay).with_context(|| id.to_owned())?;
    let twin = fanout_models::find(mistake.twin).context("the twin is in the roster")?;
    let right = seen(twin, true, delay).with_context(|| mistake.twin.to_owned())?;
    // On a busy machine, some requests begin when others are answered already.
    let together = |seen: &Seen| (LIMIT / 2..=LIMIT).contains(&seen.in_flight);
    ensure!(together(&right) && right.connections < MANY, "the twin is wrong as well: {right:?}");
    let as_described = match id {
        "mistake-await-in-a-loop" | "mistake-blocking-in-the-event-loop" => {
            wrong.in_flight == 1 && wrong.connections == 1 && wrong.lane == 0 && wrong.threads == right.threads
        }
        "mistake-client-per-request" | "mistake-body-left-unread" => {
            together(&wrong) && wrong.connections == REQUESTS && wrong.threads == right.threads
        }
        "mistake-no-limit" => {
            wrong.in_flight > 2 * LIMIT && wrong.connections > MANY && wrong.threads == right.threads
        }
        "mistake-lock-held" => wrong.in_flight == 1 && wrong.threads == right.threads && wrong.lane > 0,
        "mistake-unlimited-threads" => {
            // The twin joins a thread before it starts the next one in its lane. Joining waits until the kernel
            // clears the thread's number in memory (set_tid_address(2)), which it does before it takes the thread
            // off its list. In a loop of 200,000 joins on two cores, the ended thread was still listed after 448.
            wrong.in_flight > 2 * LIMIT && wrong.threads > 2 * LIMIT && right.threads < 2 * LIMIT
        }
        _ => false,
    };
    ensure!(as_described, "it is not wrong as described: {wrong:?}, and its twin: {right:?}");
    Ok(())
}

/// Makes one batch of a model, and returns what the server and the system counted.
fn seen(model: &'static dyn Model, limited: bool, delay: Duration) -> Result<Seen> {
    let requests = usize::try_from(REQUESTS)?;
    let in_flight = if limited { LIMIT } else { REQUESTS };
    let concurrency = NonZeroUsize::new(usize::try_from(in_flight)?);
    let case = Case { requests, concurrency, delay, engine: Engine::Hyper, ..Case::WARM };
    let entrant: Entrant = case.entrant(model.id().into(), model, Role::Mistake)?;
    let scenario = case.scenario();
    let endpoint = Endpoint::open_for(&scenario, Engine::Hyper)?;
    let work = endpoint.work(&scenario)?;
    let (sample, bars) = RunningArm::new(&entrant, &work)?.sample(0)?;
    let counted = sample.server.context("the mock server counts")?;
    Ok(Seen {
        in_flight: counted.peak_in_flight,
        connections: counted.connections.context("the hyper engine counts connections")?,
        threads: sample.usage.threads,
        lane: bars.iter().map(|bar| bar.0).max().context("a batch has requests")?,
    })
}
