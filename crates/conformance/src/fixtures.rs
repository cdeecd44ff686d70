//! Models that misbehave, each in one way, to prove that the suite notices.
//!
//! Each is a good model with one thing broken, so that it is caught for that thing and for nothing else.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use fanout_clients::reqwest_blocking::Client;
use fanout_model::{Batch, Concurrency, Model, Outcome, RequestError, Runner, Settings, SetupError, Url, names};

/// A model that misbehaves, and the property that must notice.
pub struct Fixture {
    /// The model.
    pub model: Broken,
    /// The property's name.
    pub caught_by: &'static str,
    /// What the property must say, in part.
    pub says: &'static str,
}

/// All of them.
pub const FIXTURES: &[Fixture] = &[
    fixture(
        "drops-the-last",
        Fault::Outcomes(drops_the_last),
        "outcomes_are_in_the_order_of_their_urls",
        "36 outcomes",
    ),
    fixture("reorders", Fault::Outcomes(reorders), "outcomes_are_in_the_order_of_their_urls", "not of its URL"),
    fixture("repeats-an-answer", Fault::Outcomes(repeats), "uuids_are_valid_and_distinct", "1 distinct"),
    fixture("swallows-errors", Fault::Outcomes(swallows), "status_500_is_that_requests_outcome", "outcome 3 is Ok"),
    fixture("panics-on-errors", Fault::Outcomes(panics), "status_500_is_that_requests_outcome", "panicked"),
    fixture("asks-twice", Fault::AsksTwice, "the_server_sees_each_request_once", "74 arrivals for 37"),
    fixture("over-runs", Fault::Limit(1), "the_limit_is_reached_and_never_exceeded", "9 were in flight"),
    fixture("under-runs", Fault::Limit(-1), "the_limit_is_reached_and_never_exceeded", "only 7 were in flight"),
    fixture("never-ends", Fault::NeverEnds, "no_requests_make_no_outcomes", "hung"),
    fixture("leaks-a-thread", Fault::Leaks(leak_a_thread), "nothing_is_left_after_drop", "left behind"),
    fixture("leaks-a-child", Fault::Leaks(leak_a_child), "nothing_is_left_after_drop", "left behind"),
    fixture("leaks-a-socket", Fault::Leaks(leak_a_socket), "nothing_is_left_after_drop", "left behind"),
    fixture(
        "blocks-the-event-loop",
        Fault::BlocksTheEventLoop,
        "inside_an_event_loop_it_refuses_clearly",
        "it prepares",
    ),
    fixture("reads-on", Fault::ReadsOn, "endless_heads_are_an_outcome_each", "hung"),
    fixture("reads-on", Fault::ReadsOn, "endless_informational_answers_are_an_outcome_each", "hung"),
    fixture("reads-on", Fault::ReadsOn, "endless_bodies_are_too_long", "hung"),
    fixture("waits-an-hour", Fault::WaitsAnHour, "answers_that_drip_are_a_timeout", "hung"),
    fixture("waits-an-hour", Fault::WaitsAnHour, "a_handshake_that_never_ends_is_a_timeout", "hung"),
    fixture("waits-an-hour", Fault::WaitsAnHour, "a_connection_that_is_never_accepted_is_a_timeout", "hung"),
    fixture("client-per-request", Fault::ClientPerRequest, "keep_alive_reuses_connections", "100 connections"),
];

/// Those that are caught in a network of their own.
pub const IN_A_NETWORK_OF_ITS_OWN: &[Fixture] =
    &[fixture("waits-an-hour", Fault::WaitsAnHour, "a_name_look_up_that_is_never_answered_is_a_timeout", "hung")];

const fn fixture(id: &'static str, fault: Fault, caught_by: &'static str, says: &'static str) -> Fixture {
    Fixture { model: Broken { id, fault }, caught_by, says }
}

/// A good model with one thing broken.
pub struct Broken {
    id: &'static str,
    fault: Fault,
}

#[derive(Clone, Copy)]
enum Fault {
    /// Changes the outcomes of a good run.
    Outcomes(fn(Vec<Outcome>) -> Vec<Outcome>),
    /// Makes every request twice.
    AsksTwice,
    /// Keeps so many more in flight than asked for.
    Limit(isize),
    /// Never returns from a run.
    NeverEnds,
    /// Leaves something behind on every run.
    Leaks(fn()),
    /// Pays no heed to where it is called.
    BlocksTheEventLoop,
    /// A new client for each request.
    ClientPerRequest,
    /// Reads whatever comes, for as long as it comes.
    ReadsOn,
    /// Has a timeout that nobody lives to see.
    WaitsAnHour,
}

impl Model for Broken {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        "misbehaves on purpose"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(8)
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        if let Fault::BlocksTheEventLoop = self.fault {
            return Ok(Box::new(Blind));
        }
        if let Fault::ClientPerRequest = self.fault {
            return Ok(Box::new(Wasteful(settings.clone())));
        }
        let mut settings = settings.clone();
        if let Fault::Limit(more) = self.fault {
            let limit = settings.concurrency.get().saturating_add_signed(more);
            settings.concurrency = NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN);
        }
        if let Fault::WaitsAnHour = self.fault {
            settings.timeout = Duration::from_secs(3_600);
        }
        let good = fanout_models::find("thread-pool").ok_or(SetupError::Unsupported("no thread-pool".into()))?;
        Ok(Box::new(Wrapped { good: good.prepare(&settings)?, fault: self.fault }))
    }
}

struct Wrapped {
    good: Box<dyn Runner>,
    fault: Fault,
}

impl Runner for Wrapped {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        match self.fault {
            Fault::Outcomes(change) => change(self.good.run(urls)),
            Fault::AsksTwice => {
                self.good.run(urls);
                self.good.run(urls)
            }
            Fault::NeverEnds => loop {
                thread::park();
            },
            Fault::Leaks(leak) => {
                leak();
                self.good.run(urls)
            }
            Fault::ReadsOn => {
                urls.iter().filter(|url| url.path().starts_with("/endless/")).for_each(read_on);
                self.good.run(urls)
            }
            Fault::Limit(_) | Fault::BlocksTheEventLoop | Fault::ClientPerRequest | Fault::WaitsAnHour => {
                self.good.run(urls)
            }
        }
    }
}

/// Reads an answer until the server ends it, and keeps nothing of it, so that only time runs out.
fn read_on(url: &Url) {
    let exchange = |mut stream: TcpStream| {
        write!(stream, "GET {} HTTP/1.1\r\nhost: here\r\n\r\n", url.path())?;
        io::copy(&mut stream, &mut io::sink())
    };
    // That it ends in whichever way is good enough for a model that misbehaves.
    let _ = names::address(url).map(|address| TcpStream::connect(address).and_then(exchange));
}

fn drops_the_last(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    outcomes.pop();
    outcomes
}

fn reorders(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    outcomes.reverse();
    outcomes
}

fn repeats(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    if let Some(first) = outcomes.first().map(|outcome| outcome.result.clone()) {
        outcomes.iter_mut().for_each(|outcome| outcome.result = first.clone());
    }
    outcomes
}

fn swallows(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    for outcome in &mut outcomes {
        outcome.result = Ok(outcome.result.clone().unwrap_or_default());
    }
    outcomes
}

fn panics(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "a model may not panic over an answer");
    outcomes
}

fn leak_a_thread() {
    thread::spawn(|| thread::sleep(Duration::from_secs(600)));
}

/// It ends when the trial does, with its input.
fn leak_a_child() {
    std::mem::forget(Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn());
}

fn leak_a_socket() {
    std::mem::forget(TcpListener::bind("127.0.0.1:0"));
}

struct Blind;

impl Runner for Blind {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        Batch::refused(urls.len(), &RequestError::Timeout)
    }
}

struct Wasteful(Settings);

impl Runner for Wasteful {
    fn run(&mut self, urls: &[Url]) -> Vec<Outcome> {
        let batch = Batch::start();
        let fetch = |url| match Client::new(&self.0) {
            Ok(client) => client.fetch(url),
            Err(error) => Err(RequestError::Lost(error.to_string())),
        };
        urls.iter().map(|url| batch.begin(0).end(fetch(url))).collect()
    }
}
