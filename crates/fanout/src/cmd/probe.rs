//! `cargo fanout probe`: finds how many requests in flight a server can use, with few requests.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use fanout_analysis::probe::{Harm, Planned, Tried, harm, is_flat, plan, worth};
use fanout_harness::config;
use fanout_harness::exit;
use fanout_harness::server::{Server, Serving};
use fanout_harness::target::Target;
use fanout_model::{Check, Content, Model, Outcome, Request, RequestError, Roots, Settings};
use fanout_record::run::Limits;
use fanout_report::figures::{count, figure, list};
use mock_server::Engine;
use mock_server::duration;
use serde::Serialize;

use super::say::{say, tell};

/// Find how many requests in flight a server can make use of.
///
/// The number in flight is raised step by step: 1, 2, 5, 10 and so on. The probe stops at the first sign of harm: the
/// server refuses a request (429 or 503), a request fails, or half of the answers take twice as long as at best. What
/// is in flight then is the last that is sent. Before the first request, the probe says how many it will send at
/// most. Any answer with a status of 2xx is good.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The URL to request [default: a mock server that serves 20 requests at once, 5 ms each].
    #[arg(long, value_name = "URL")]
    target: Option<String>,

    /// The most requests to send in all. More than 2,000 to a server that is not on this machine need
    /// FANOUT_LIVE_BUDGET as well.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    budget: u64,

    /// The most requests in flight to try.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = super::at_least_one::<NonZeroUsize>)]
    most: NonZeroUsize,

    /// The only certificate roots that https trusts, in PEM [default: the system's].
    #[arg(long, value_name = "FILE", requires = "target")]
    ca_file: Option<PathBuf>,

    /// The longest that one request may take.
    #[arg(long, default_value = "10s", value_parser = duration)]
    timeout: Duration,

    /// Print JSON: the answer, and the figures of each step.
    #[arg(long)]
    json: bool,
}

/// The result, as `--json` prints it.
#[derive(Serialize)]
struct Probed {
    target: String,
    /// How many requests in flight are worth it; `null` if no step was without failures.
    worth: Option<usize>,
    /// The sign of harm at which the probe stopped; `null` if it saw none.
    harm: Option<Harm>,
    /// How many requests were sent.
    sent: u64,
    steps: Vec<Tried>,
}

/// The model that carries the requests: nearly all of the time is the server's.
const MODEL: &dyn Model = fanout_models::AGAIN;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let planned = plan(arguments.most.get(), arguments.budget);
    ensure!(!planned.is_empty(), "a budget of {} requests is too small: the first step needs 31", arguments.budget);
    let most: u64 = 1 + planned.iter().map(|planned| planned.requests).sum::<u64>();
    // A step that this machine does not allow is refused before the first request.
    Settings::new(
        planned.iter().filter_map(|it| NonZeroUsize::new(it.in_flight)).max().unwrap_or(NonZeroUsize::MIN),
    )?;
    let place = place(arguments, most)?;
    let steps: Vec<String> = planned.iter().map(|planned| planned.in_flight.to_string()).collect();
    tell(format!(
        "{most} requests will go to {} at most, with {} in flight; the probe stops at the first sign of harm",
        place.shown,
        list(&steps)
    ));
    first(&place, arguments.timeout)?;
    let (mut tried, mut sign) = (Vec::new(), None);
    for step in planned {
        let slices = slices(&place, arguments.timeout, step)?;
        tried.push(judge(step, &slices));
        sign = harm(&tried);
        if !arguments.json {
            tried.iter().last().map(line).into_iter().for_each(tell);
        }
        if sign.is_some() {
            break;
        }
    }
    let probed = Probed {
        target: place.shown,
        worth: worth(&tried).map(|place| tried[place].in_flight),
        harm: sign,
        sent: 1 + tried.iter().map(|tried| tried.requests).sum::<u64>(),
        steps: tried,
    };
    say(if arguments.json { serde_json::to_string(&probed)? } else { told(&probed) });
    Ok(ExitCode::from(if probed.worth.is_some() { exit::SUCCESS } else { exit::BAD_ANSWER }))
}

/// Where the requests go.
struct Place {
    request: Request,
    roots: Roots,
    shown: String,
    /// The mock server ends when this value is dropped.
    _server: Option<Server>,
}

/// Checks that `most` requests may go to the target, or starts a mock server.
fn place(arguments: &Arguments, most: u64) -> anyhow::Result<Place> {
    let check = Check { content: Content::Anything, ..Check::default() };
    let Some(text) = &arguments.target else {
        let limits = Limits { capacity: Some(20), ..Limits::NONE };
        let delay = Duration::from_millis(5);
        let server = Server::start(Serving { delay, engine: Engine::Hyper, limits, ..Serving::default() })?;
        let request = Request::get(server.uuid_url())?.with_check(check);
        let shown = "a mock server that serves 20 at once, 5 ms each".into();
        return Ok(Place { request, roots: Roots::None, shown, _server: Some(server) });
    };
    let target = Target::new(text, arguments.ca_file.as_deref())?;
    ensure!(
        arguments.ca_file.is_none() || target.url.scheme() == "https",
        "--ca-file is for an https server, and the target is {}",
        target.shown()
    );
    let budget = config::budget().map_err(anyhow::Error::msg)?;
    target.allow(most, budget)?.into_iter().for_each(tell);
    let request = Request::get(target.url.clone())?.with_check(check);
    Ok(Place { request, shown: target.shown(), roots: target.roots, _server: None })
}

/// Sends one request, so that a server that does not answer is not sent more.
fn first(place: &Place, timeout: Duration) -> anyhow::Result<()> {
    let slices = slices(place, timeout, Planned { in_flight: 1, requests: 1 })?;
    match slices.into_iter().flat_map(|slice| slice.outcomes).next().map(|outcome| outcome.result) {
        Some(Err(error)) => Err(error).with_context(|| format!("the first request to {} failed", place.shown)),
        _ => Ok(()),
    }
}

/// The requests that were sent at one moment.
struct Slice {
    outcomes: Vec<Outcome>,
    took: Duration,
}

/// Sends the requests of a step, as many at a time as are to be in flight, until a request fails.
fn slices(place: &Place, timeout: Duration, planned: Planned) -> anyhow::Result<Vec<Slice>> {
    let in_flight = NonZeroUsize::new(planned.in_flight).unwrap_or(NonZeroUsize::MIN);
    let settings = Settings { timeout, roots: place.roots.clone(), ..Settings::new(in_flight)? };
    let (mut runner, requests) = (MODEL.prepare(&settings)?, vec![place.request.clone(); in_flight.get()]);
    let (mut slices, mut sent) = (Vec::new(), 0);
    while sent < planned.requests {
        let begun = Instant::now();
        let outcomes = runner.run(&requests);
        sent += outcomes.len() as u64;
        let has_failed = outcomes.iter().any(|outcome| outcome.result.is_err());
        slices.push(Slice { outcomes, took: begun.elapsed() });
        if has_failed {
            break;
        }
    }
    Ok(slices)
}

/// Computes the figures of a step. In the first slice, the requests connect, and their time does not count.
fn judge(planned: Planned, slices: &[Slice]) -> Tried {
    let later = || slices.iter().skip(1);
    let good = later().flat_map(|slice| &slice.outcomes).filter(|outcome| outcome.result.is_ok());
    let latencies = good.map(|outcome| outcome.finished.saturating_sub(outcome.started)).collect();
    let errors: Vec<&RequestError> =
        slices.iter().flat_map(|slice| &slice.outcomes).filter_map(|outcome| outcome.result.as_ref().err()).collect();
    let refused = errors.iter().filter(|error| error.is_refusal()).count() as u64;
    let requests = slices.iter().map(|slice| slice.outcomes.len()).sum::<usize>() as u64;
    Tried {
        refused,
        failed: errors.len() as u64 - refused,
        first_failure: errors.first().map(ToString::to_string),
        ..Tried::new(Planned { requests, ..planned }, latencies, later().map(|slice| slice.took).sum())
    }
}

/// The figures of a step, in a line.
fn line(tried: &Tried) -> String {
    let ms = |value: f64| if value.is_finite() { format!("{} ms", figure(value)) } else { "-".into() };
    let said = format!(
        "{:>5} in flight: {} answers a second, half of them within {}, 99 of 100 within {}",
        tried.in_flight,
        figure(tried.rate),
        ms(tried.half_ms),
        ms(tried.slowest_ms)
    );
    match &tried.first_failure {
        Some(failure) => format!("{said}; {} refused, {} failed: {failure}", tried.refused, tried.failed),
        None => said,
    }
}

/// The answer in words.
fn told(probed: &Probed) -> String {
    let sent = count(usize::try_from(probed.sent).unwrap_or(usize::MAX), "request");
    let last = probed.steps.last().map_or(0, |tried| tried.in_flight);
    let harm = match probed.harm {
        Some(Harm::Refused) => format!("with {last} in flight, the server refused a request"),
        Some(Harm::Failed) => format!("with {last} in flight, a request failed"),
        Some(Harm::Slower) => format!("with {last} in flight, half of the answers took twice as long as at best"),
        None => format!("{last} in flight was the last step that the budget and --most allow"),
    };
    let Some(worth) = probed.worth else {
        return format!("No number in flight worked without failures: {harm}. The probe sent {sent}.");
    };
    let place = probed.steps.iter().position(|tried| tried.in_flight == worth);
    let answer = if place.is_some_and(|place| is_flat(&probed.steps, place)) {
        format!("Keep {worth} requests in flight: more brought at most 5 % more answers a second.")
    } else if probed.harm.is_some() {
        format!("Keep {worth} requests in flight, and not {last}.")
    } else {
        format!(
            "Keep at least {worth} requests in flight: each step brought more answers a second, and no more was \
             tried."
        )
    };
    format!(
        "{answer} The probe sent {sent} and ended because {harm}. Each number was measured once; repeat the probe to \
         see how much its answer varies."
    )
}
