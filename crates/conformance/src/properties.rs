//! What every model must prove. Each property is a function that takes a model and returns what is wrong with it.

use std::collections::HashSet;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fanout_model::{BodyError, Model, Protocol, RequestError, Runner, Settings, SetupError, Uuid};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::addresses;
use crate::asked::{LIMIT, expect_numbers, get, numbered, settings};
use crate::bodies;
use crate::ends;
use crate::goaway;
use crate::leak_checks::{Census, children_of};
use crate::over_tls;
use crate::refused;
use crate::retries;
use crate::server::{Headers, Server, uuid_of};
use crate::starved::{self, with_time_enough};

/// A named property.
pub struct Property {
    /// The name of its test.
    pub name: &'static str,
    /// Checks whether a model has the property.
    pub check: fn(&'static dyn Model) -> Result<()>,
}

/// All properties.
pub const PROPERTIES: &[Property] = &[
    Property { name: "outcomes_are_in_the_order_of_their_requests", check: outcomes_are_in_order },
    Property { name: "uuids_are_valid_and_distinct", check: uuids_are_distinct },
    Property { name: "the_server_sees_each_request_once", check: each_arrives_once },
    Property { name: "its_requests_have_the_headers_that_all_models_send", check: same_headers },
    Property { name: "the_limit_is_reached_and_never_exceeded", check: the_limit_is_kept },
    Property { name: "no_requests_make_no_outcomes", check: no_requests },
    Property { name: "fewer_requests_than_the_limit_all_run", check: fewer_than_the_limit },
    Property { name: "a_second_run_is_as_good_as_the_first", check: run_twice },
    Property { name: "a_connection_that_the_server_closes_is_not_used_again", check: ended_by_the_server },
    Property { name: "keep_alive_reuses_connections", check: keep_alive },
    Property { name: "a_connection_per_request_is_one_per_request", check: connection_per_request },
    Property { name: "http_2_shares_connections", check: http2 },
    Property {
        name: "status_500_is_that_requests_outcome",
        check: |m| fault(m, "/status/500", RequestError::Status(500)),
    },
    Property { name: "a_redirect_is_not_followed", check: |m| fault(m, "/redirect", RequestError::Status(302)) },
    Property { name: "text_is_that_requests_outcome", check: |m| fault(m, "/text", body(BodyError::NotJson)) },
    Property {
        name: "json_without_uuid_is_that_requests_outcome",
        check: |m| fault(m, "/no-uuid", body(BodyError::NoUuid)),
    },
    Property { name: "an_array_is_no_object_with_a_uuid", check: |m| fault(m, "/array", body(BodyError::NoUuid)) },
    Property {
        name: "a_bad_uuid_is_that_requests_outcome",
        check: |m| fault(m, "/not-uuid", body(BodyError::NotUuid)),
    },
    Property {
        name: "another_protocol_is_that_requests_outcome",
        check: |m| fault(m, "/not-http", body(BodyError::NotHttp)),
    },
    Property { name: "a_cut_body_is_that_requests_outcome", check: |m| fault(m, "/cut", body(BodyError::Truncated)) },
    Property {
        name: "no_answer_is_that_requests_outcome",
        check: |m| fault(m, "/nothing", body(BodyError::Truncated)),
    },
    Property { name: "bodies_of_any_length_arrive_whole", check: bodies::downloads },
    Property { name: "other_bytes_than_expected_are_that_requests_outcome", check: bodies::other_bytes },
    Property { name: "a_cut_last_chunk_is_that_requests_outcome", check: bodies::cut_chunks },
    Property { name: "an_answer_that_no_request_asked_for_is_taken_for_none", check: bodies::unasked_answers },
    Property { name: "a_request_that_the_server_did_not_process_is_made_again", check: goaway::unprocessed },
    Property { name: "a_busy_server_is_asked_again_as_the_settings_allow", check: retries::repeated },
    Property { name: "a_stream_that_the_server_refuses_is_sent_again", check: refused::once },
    Property { name: "a_stream_that_is_refused_each_time_is_that_requests_outcome", check: refused::for_ever },
    Property {
        name: "a_tls_connection_that_is_cut_ends_no_answer_without_a_length",
        check: over_tls::without_notice,
    },
    Property { name: "a_tls_server_without_http_2_serves_http_1_1_alone", check: over_tls::without_http2 },
    Property { name: "uploads_arrive_whole_with_their_headers", check: bodies::uploads },
    Property { name: "each_method_is_sent_with_a_body_and_without", check: bodies::methods },
    Property { name: "endless_bodies_that_are_only_hashed_are_a_timeout", check: ends::endless_hashed_bodies },
    Property { name: "an_upload_that_the_server_ends_is_that_requests_outcome", check: bodies::ended_uploads },
    Property { name: "a_hanging_server_is_a_timeout", check: |m| fault(m, "/hang", RequestError::Timeout) },
    Property { name: "endless_heads_are_an_outcome_each", check: ends::endless_heads },
    Property { name: "endless_informational_answers_are_an_outcome_each", check: ends::endless_continues },
    Property { name: "endless_bodies_are_too_long", check: ends::endless_bodies },
    Property { name: "answers_that_drip_are_a_timeout", check: ends::dripping },
    Property { name: "a_handshake_that_never_ends_is_a_timeout", check: ends::no_handshake },
    Property { name: "a_connection_that_is_never_accepted_is_a_timeout", check: ends::no_connection },
    Property { name: "a_refused_connection_is_that_requests_outcome", check: refused_connection },
    Property { name: "a_killed_worker_loses_its_own_requests_only", check: killed_worker },
    Property { name: "nothing_is_left_after_drop", check: nothing_is_left },
    Property { name: "inside_an_event_loop_it_refuses_clearly", check: inside_an_event_loop },
];

/// The properties that need a network namespace of their own.
pub const IN_A_NETWORK_OF_ITS_OWN: &[Property] = &[
    Property { name: "a_name_look_up_that_is_never_answered_is_a_timeout", check: ends::no_name },
    Property {
        name: "the_next_address_of_a_host_is_tried_when_the_first_refuses",
        check: addresses::the_first_refuses,
    },
    Property {
        name: "the_next_address_of_a_host_is_tried_when_the_first_does_not_answer",
        check: addresses::the_first_is_silent,
    },
];

/// The property with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().chain(IN_A_NETWORK_OF_ITS_OWN).find(|property| property.name == name)
}

fn prepare(model: &dyn Model, concurrency: usize) -> Result<Box<dyn Runner>> {
    Ok(model.prepare(&settings(model, concurrency)?)?)
}

fn limit_of(model: &dyn Model, concurrency: usize) -> usize {
    NonZeroUsize::new(concurrency).map_or(0, |wanted| model.concurrency().limit(wanted).get())
}

fn outcomes_are_in_order(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let outcomes = prepare(model, LIMIT)?.run(&numbered(&server, "/uuid", 37));
    expect_numbers(&outcomes, 37)
}

fn uuids_are_distinct(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let outcomes = prepare(model, LIMIT)?.run(&vec![server.get("/fresh"); 37]);
    let distinct: HashSet<Uuid> =
        outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.uuid()).collect();
    ensure!(distinct.len() == 37, "{} distinct UUIDs for 37 requests", distinct.len());
    Ok(())
}

fn each_arrives_once(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    prepare(model, LIMIT)?.run(&numbered(&server, "/uuid", 37));
    let arrivals = server.seen().arrivals;
    ensure!(arrivals == 37, "the server saw {arrivals} arrivals for 37 requests");
    Ok(())
}

/// Models that send more, or less, would not be compared by the same work.
fn same_headers(model: &'static dyn Model) -> Result<()> {
    for protocol in model.protocols() {
        let server = Server::start();
        let settings = Settings { protocol: *protocol, ..settings(model, LIMIT)? };
        expect_numbers(&model.prepare(&settings)?.run(&numbered(&server, "/uuid", 9)), 9)?;
        let host = server.at("/").authority().to_owned();
        let mut expected = vec![("accept", "*/*")];
        match protocol {
            Protocol::KeepAlive => expected.push(("host", &host)),
            Protocol::ConnectionPerRequest => expected.extend([("host", host.as_str()), ("connection", "close")]),
            Protocol::Http2 => {}
        }
        let mut expected: Headers =
            expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        expected.sort();
        let seen = server.headers();
        ensure!(seen == [expected.clone()].into(), "{protocol}: the headers are {seen:?}, not {expected:?}");
    }
    Ok(())
}

fn the_limit_is_kept(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let limit = limit_of(model, 8);
    let requests = numbered(&server, "/gate", 3 * limit);
    let mut runner = prepare(model, 8)?;
    let (reached, outcomes) = thread::scope(|threads| {
        let running = threads.spawn(|| runner.run(&requests));
        let reached = server.wait_for_in_flight(limit, Duration::from_secs(5));
        // One request too many has time to arrive here. If it arrives even later, the test does not notice, and does
        // not fail.
        thread::sleep(Duration::from_millis(100));
        server.open();
        (reached, running.join())
    });
    let peak = server.seen().peak;
    ensure!(reached, "only {peak} were in flight at once, {limit} were asked for");
    ensure!(peak <= limit, "{peak} were in flight at once, {limit} were allowed");
    let outcomes = outcomes.map_err(|_| anyhow::anyhow!("the run panicked"))?;
    expect_numbers(&outcomes, requests.len())?;
    let lanes: HashSet<usize> = outcomes.iter().map(|outcome| outcome.lane).collect();
    ensure!(lanes.len() <= limit, "{} lanes for {limit} in flight", lanes.len());
    let mut turns: Vec<_> = outcomes.iter().map(|it| (it.lane, it.started, it.finished)).collect();
    turns.sort();
    let overlap = turns.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].2 > pair[1].1);
    ensure!(overlap.is_none(), "two requests of one lane were in flight at once: {overlap:?}");
    Ok(())
}

fn no_requests(model: &'static dyn Model) -> Result<()> {
    let outcomes = prepare(model, LIMIT)?.run(&[]);
    ensure!(outcomes.is_empty(), "{} outcomes for no requests", outcomes.len());
    Ok(())
}

fn fewer_than_the_limit(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    expect_numbers(&prepare(model, 16)?.run(&numbered(&server, "/uuid", 3)), 3)
}

fn run_twice(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let mut runner = prepare(model, LIMIT)?;
    for n in [10, 37] {
        expect_numbers(&runner.run(&numbered(&server, "/uuid", n)), n).with_context(|| format!("the run of {n}"))?;
    }
    Ok(())
}

fn ended_by_the_server(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let mut runner = prepare(model, LIMIT)?;
    for path in ["/last", "/uuid"] {
        expect_numbers(&runner.run(&numbered(&server, path, 12)), 12).with_context(|| path.to_owned())?;
    }
    Ok(())
}

/// How many connections 100 requests take in this protocol; `None` for a model that refuses the protocol.
fn connections_in(protocol: Protocol, model: &dyn Model) -> Result<Option<usize>> {
    let server = Server::start();
    let settings = Settings { protocol, ..settings(model, LIMIT)? };
    if model.protocols().contains(&protocol) {
        expect_numbers(&model.prepare(&settings)?.run(&numbered(&server, "/uuid", 100)), 100)?;
        return Ok(Some(server.seen().connections));
    }
    match model.prepare(&settings) {
        Err(SetupError::Unsupported(_)) => Ok(None),
        Err(error) => bail!("{protocol} is refused for another reason: {error}"),
        Ok(_) => bail!("{protocol} is not refused"),
    }
}

fn keep_alive(model: &'static dyn Model) -> Result<()> {
    // In a pool, a new connection may race with a reused one, so a few more connections than requests in flight are
    // correct.
    let connections = connections_in(Protocol::KeepAlive, model)?.unwrap_or(0);
    ensure!(connections <= 3 * LIMIT, "{connections} connections for 100 requests, {LIMIT} in flight");
    Ok(())
}

fn connection_per_request(model: &'static dyn Model) -> Result<()> {
    let connections = connections_in(Protocol::ConnectionPerRequest, model)?.unwrap_or(100);
    ensure!(connections == 100, "{connections} connections for 100 requests");
    Ok(())
}

fn http2(model: &'static dyn Model) -> Result<()> {
    // There is one connection for each client, and a model may have one client for each thread.
    let connections = connections_in(Protocol::Http2, model)?.unwrap_or(1);
    ensure!(connections <= LIMIT, "{connections} connections for 100 requests, {LIMIT} in flight");
    Ok(())
}

fn body(error: BodyError) -> RequestError {
    RequestError::Body(error)
}

/// Makes two bad requests among good ones, in each protocol that the model speaks. Both bad ones must have the
/// expected error, and none of the others may be affected.
fn fault(model: &'static dyn Model, path: &str, expected: RequestError) -> Result<()> {
    let in_protocol = |protocol| {
        let check = |timeout| fault_in(protocol, timeout, model, path, &expected);
        with_time_enough(check).with_context(|| format!("{protocol}"))
    };
    model.protocols().iter().copied().try_for_each(in_protocol)
}

fn fault_in(
    protocol: Protocol,
    timeout: Duration,
    model: &dyn Model,
    path: &str,
    expected: &RequestError,
) -> Result<()> {
    let server = Server::start();
    let mut requests = numbered(&server, "/uuid", 12);
    let bad = [3, 8];
    for i in bad {
        requests[i] = server.get(path);
    }
    let outcomes = model.prepare(&Settings { timeout, protocol, ..settings(model, LIMIT)? })?.run(&requests);
    ensure!(outcomes.len() == 12, "{} outcomes for 12 requests", outcomes.len());
    for (i, outcome) in outcomes.iter().enumerate() {
        let wanted = if bad.contains(&i) { Err(expected.clone()) } else { Ok(uuid_of(i).into()) };
        starved::unless(&outcome.result, wanted == Err(RequestError::Timeout))
            .with_context(|| format!("outcome {i} is {:?}, not {wanted:?}", outcome.result))?;
        ensure!(outcome.result == wanted, "outcome {i} is {:?}, not {wanted:?}", outcome.result);
    }
    // Fewer arrivals are correct: requests that share a connection to a server of another protocol arrive as one.
    let arrivals = server.seen().arrivals;
    ensure!(arrivals <= 12, "the server saw {arrivals} arrivals for 12 requests: something was tried again");
    Ok(())
}

fn refused_connection(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let mut requests = numbered(&server, "/uuid", 12);
    // A port that was free a moment ago, on which nothing listens now.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    requests[5] = get(&format!("http://127.0.0.1:{port}/uuid"))?;
    let outcomes = prepare(model, LIMIT)?.run(&requests);
    ensure!(outcomes.len() == 12, "{} outcomes for 12 requests", outcomes.len());
    for (i, outcome) in outcomes.iter().enumerate() {
        match &outcome.result {
            Ok(found) if i != 5 && *found == uuid_of(i).into() => {}
            Err(RequestError::Connect(reason)) if i == 5 => {
                ensure!(reason.contains("refused"), "the reason is only: {reason}");
            }
            other => bail!("outcome {i} is {other:?}"),
        }
    }
    Ok(())
}

/// Kills one child, if the model has any, while all of its requests are held back.
fn killed_worker(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let limit = limit_of(model, LIMIT);
    let requests = numbered(&server, "/gate", 3 * limit);
    let mut runner = prepare(model, LIMIT)?;
    let victim = children_of(std::process::id()).first().copied();
    let (reached, outcomes) = thread::scope(|threads| {
        let running = threads.spawn(|| runner.run(&requests));
        let reached = server.wait_for_in_flight(limit, Duration::from_secs(5));
        if let Some(pid) = victim {
            // If this fails, the check below notices that nothing was lost.
            let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
        }
        server.open();
        (reached, running.join())
    });
    ensure!(reached, "the workers did not begin");
    let outcomes = outcomes.map_err(|_| anyhow::anyhow!("the run panicked"))?;
    ensure!(outcomes.len() == requests.len(), "{} outcomes for {} requests", outcomes.len(), requests.len());
    let mut lost = 0;
    for (i, outcome) in outcomes.iter().enumerate() {
        match &outcome.result {
            Ok(found) if *found == uuid_of(i).into() => {}
            Err(RequestError::Lost(reason)) if victim.is_some() && reason.contains("SIGKILL") => lost += 1,
            other => bail!("outcome {i} is {other:?}"),
        }
    }
    let expected = if victim.is_some() { 3 } else { 0 };
    ensure!(lost == expected, "{lost} requests were lost, {expected} were the killed worker's");
    Ok(())
}

fn nothing_is_left(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    // The first use of a library may allocate things that stay. Only growth with each further use is an error.
    expect_numbers(&prepare(model, LIMIT)?.run(&numbered(&server, "/uuid", 12)), 12)?;
    let before = Census::settled();
    for _ in 0..3 {
        expect_numbers(&prepare(model, LIMIT)?.run(&numbered(&server, "/uuid", 12)), 12)?;
    }
    before.is_back().map_err(anyhow::Error::msg)
}

fn inside_an_event_loop(model: &'static dyn Model) -> Result<()> {
    let server = Server::start();
    let request = server.get("/uuid/0");
    let event_loop = tokio::runtime::Builder::new_current_thread().build()?;
    let mut runner = prepare(model, LIMIT)?;
    event_loop.block_on(async {
        match model.prepare(&settings(model, LIMIT)?) {
            Err(error) => ensure!(error == SetupError::InsideRuntime, "preparing says only: {error}"),
            Ok(_) => bail!("it prepares inside an event loop"),
        }
        let outcomes = runner.run(&[request]);
        drop(runner);
        ensure!(outcomes.len() == 1, "{} outcomes for 1 request", outcomes.len());
        match &outcomes[0].result {
            Err(RequestError::Lost(reason)) => {
                ensure!(reason.contains("await"), "the reason is only: {reason}");
                Ok(())
            }
            other => bail!("inside an event loop it answered {other:?}"),
        }
    })
}
