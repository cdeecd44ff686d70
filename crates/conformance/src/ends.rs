//! Checks that a batch ends, whatever the servers do: each request has one outcome, and a bad one does not affect
//! others.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fanout_model::{BodyError, Check, Content, Model, Protocol, Request, RequestError, Roots, Settings};

use crate::asked::{get, numbered, settings};
use crate::server::{Server, uuid_of};
use crate::starved::{self, LONG_TIMEOUT, TIMEOUT, with_time_enough};

/// How many are in flight at once. It leaves lanes for the good requests beside the bad ones.
const LIMIT: usize = 8;

/// How much later than its timeouts a batch may end. This is a deadline against hanging, not a measurement; a batch
/// takes less.
const LATE: Duration = Duration::from_secs(20);

/// Decides whether a bad request may have this outcome.
type Expected = fn(&RequestError) -> bool;

fn is_timeout(error: &RequestError) -> bool {
    *error == RequestError::Timeout
}

/// The floor does not read chunked answers, and reports them as lost.
fn is_too_long(error: &RequestError) -> bool {
    matches!(error, RequestError::Body(BodyError::TooLong) | RequestError::Lost(_))
}

fn is_head_too_long(error: &RequestError) -> bool {
    *error == RequestError::Body(BodyError::HeadTooLong)
}

/// Some clients read informational answers and trailers without a limit. Such a request takes until the timeout.
fn is_an_end(error: &RequestError) -> bool {
    matches!(error, RequestError::Timeout | RequestError::Body(_) | RequestError::Lost(_))
}

fn is_a_drip_s(error: &RequestError) -> bool {
    matches!(error, RequestError::Timeout | RequestError::Lost(_))
}

/// The protocols of the model for which reading differs. With a connection per request, reading is the same as with
/// keep-alive.
fn protocols(model: &dyn Model) -> impl Iterator<Item = Protocol> {
    model.protocols().iter().copied().filter(|protocol| *protocol != Protocol::ConnectionPerRequest)
}

pub(crate) fn endless_heads(model: &'static dyn Model) -> Result<()> {
    // In HTTP/2, a head is one unit, and is passed on when it is complete.
    for protocol in protocols(model).filter(|protocol| *protocol != Protocol::Http2) {
        let server = Server::start();
        let bad = |path, expected: Expected| (server.get(path), expected);
        let bad = [
            bad("/endless/head", is_head_too_long),
            bad("/endless/line", is_head_too_long),
            bad("/endless/informational", is_an_end),
            bad("/endless/trailers", is_an_end),
            bad("/endless/extension", is_an_end),
        ];
        ends(model, &server, protocol, &bad)?;
    }
    Ok(())
}

/// This has no good requests: reqwest's connections read very many of these answers in one go, which takes some
/// tenths of a second, and the good requests would wait for that.
pub(crate) fn endless_continues(model: &'static dyn Model) -> Result<()> {
    for protocol in protocols(model).filter(|protocol| *protocol != Protocol::Http2) {
        let request = Server::start().get("/endless/continue");
        alone(model, Settings { protocol, ..settings(model, LIMIT)? }, request, is_an_end)?;
    }
    Ok(())
}

pub(crate) fn endless_bodies(model: &'static dyn Model) -> Result<()> {
    for protocol in protocols(model) {
        let server = Server::start();
        let paths = ["/endless/length", "/endless/until-closed", "/endless/chunks"];
        let bad = paths.map(|path| (server.get(path), is_too_long as Expected));
        ends_within(LONG_TIMEOUT, model, &server, protocol, &bad)?;
    }
    Ok(())
}

/// What is only hashed has no limit but the time.
pub(crate) fn endless_hashed_bodies(model: &'static dyn Model) -> Result<()> {
    for protocol in protocols(model) {
        let server = Server::start();
        let anything = Check { content: Content::Anything, ..Check::default() };
        let paths = ["/endless/length", "/endless/until-closed", "/endless/chunks"];
        let bad = paths.map(|path| (server.get(path).with_check(anything.clone()), is_a_drip_s as Expected));
        ends(model, &server, protocol, &bad)?;
    }
    Ok(())
}

pub(crate) fn dripping(model: &'static dyn Model) -> Result<()> {
    for protocol in protocols(model) {
        let server = Server::start();
        let kinds = ["head", "informational", "length", "until-closed", "chunks"];
        let bad = kinds.map(|kind| (server.get(format!("/drip/{kind}")), is_a_drip_s as Expected));
        ends(model, &server, protocol, &bad)?;
    }
    Ok(())
}

pub(crate) fn no_handshake(model: &'static dyn Model) -> Result<()> {
    if !model.speaks_tls() {
        return Ok(());
    }
    // The system accepts the connections, and no code ever reads from them.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let request = get(&format!("https://{}/uuid", listener.local_addr()?))?;
    // This has no good requests, because their server speaks no TLS.
    alone(model, Settings { roots: Roots::System, ..settings(model, LIMIT)? }, request, is_timeout)
}

pub(crate) fn no_connection(model: &'static dyn Model) -> Result<()> {
    let (listener, _waiting) = full((Ipv4Addr::LOCALHOST, 0).into())?;
    let request = get(&format!("http://{}/uuid", listener.local_addr()?))?;
    for protocol in protocols(model) {
        let bad = [(request.clone(), is_timeout as Expected)];
        ends(model, &Server::start(), protocol, &bad)?;
    }
    Ok(())
}

/// Opens as many connections as the listener's queue takes. The system does not answer further ones.
fn fill(address: SocketAddr) -> Result<Vec<TcpStream>> {
    let mut open = Vec::new();
    // The longest possible queue (`somaxconn`), plus one.
    for _ in 0..=4096 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            Ok(stream) => open.push(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(open),
            Err(error) => return Err(error).context("a listener's queue cannot be filled"),
        }
    }
    bail!("a listener's queue has no end")
}

/// A listener at this address whose queue is full: the system answers nobody who connects.
pub(crate) fn full(address: SocketAddr) -> Result<(TcpListener, Vec<TcpStream>)> {
    let listener = TcpListener::bind(address)?;
    let waiting = fill(listener.local_addr()?)?;
    Ok((listener, waiting))
}

/// Must run where a name server receives look-ups and never answers: see `tests/names.rs`.
pub(crate) fn no_name(model: &'static dyn Model) -> Result<()> {
    let is_taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).is_err();
    ensure!(is_taken, "look-ups are refused here: nobody takes them");
    let request = get("http://nobody-answers.test/uuid")?;
    for protocol in protocols(model) {
        let bad = [(request.clone(), is_timeout as Expected)];
        ends(model, &Server::start(), protocol, &bad)?;
    }
    Ok(())
}

/// Makes good requests and, among them, the bad ones, and checks that the model ends them in time.
fn ends(model: &'static dyn Model, server: &Server, protocol: Protocol, bad: &[(Request, Expected)]) -> Result<()> {
    with_time_enough(|timeout| ends_within(timeout, model, server, protocol, bad))
}

fn ends_within(
    timeout: Duration,
    model: &'static dyn Model,
    server: &Server,
    protocol: Protocol,
    bad: &[(Request, Expected)],
) -> Result<()> {
    let good = numbered(server, "/uuid", 12);
    // A bad request follows each of the first good ones.
    let mut requests = Vec::new();
    for (i, request) in good.iter().enumerate() {
        requests.push((request.clone(), None));
        requests.extend(bad.get(i).map(|(request, expected)| (request.clone(), Some(expected))));
    }
    let (requests, expected): (Vec<Request>, Vec<Option<&Expected>>) = requests.into_iter().unzip();
    let settings = Settings { timeout, protocol, ..settings(model, LIMIT)? };
    let began = Instant::now();
    let outcomes = model.prepare(&settings)?.run(&requests);
    // In the worst case, the bad requests time out one after another.
    in_time(began, timeout * u32::try_from(bad.len())?).with_context(|| format!("{protocol}"))?;
    ensure!(outcomes.len() == requests.len(), "{} outcomes for {} requests", outcomes.len(), requests.len());
    let mut numbers = 0..;
    for ((request, outcome), expected) in requests.iter().zip(&outcomes).zip(expected) {
        let may_time_out = expected.is_some_and(|expected| expected(&RequestError::Timeout));
        starved::unless(&outcome.result, may_time_out)
            .with_context(|| format!("{protocol}: {} became {:?}", request.path(), outcome.result))?;
        let is_right = match (&outcome.result, expected) {
            (Err(error), Some(expected)) => expected(error),
            (result, None) => *result == Ok(uuid_of(numbers.next().context("there are more numbers")?).into()),
            (Ok(_), Some(_)) => false,
        };
        ensure!(is_right, "{protocol}: {} became {:?}", request.path(), outcome.result);
    }
    Ok(())
}

/// Makes two bad requests, and no good ones.
fn alone(model: &dyn Model, settings: Settings, request: Request, expected: Expected) -> Result<()> {
    let began = Instant::now();
    let outcomes = model.prepare(&Settings { timeout: TIMEOUT, ..settings })?.run(&[request.clone(), request]);
    in_time(began, 2 * TIMEOUT)?;
    ensure!(outcomes.len() == 2, "{} outcomes for 2 requests", outcomes.len());
    for (i, outcome) in outcomes.iter().enumerate() {
        ensure!(outcome.result.as_ref().is_err_and(expected), "outcome {i} is {:?}", outcome.result);
    }
    Ok(())
}

fn in_time(began: Instant, timeouts: Duration) -> Result<()> {
    let (took, most) = (began.elapsed(), timeouts + LATE);
    ensure!(took <= most, "it did not end in time: {} s are more than {} s", took.as_secs(), most.as_secs());
    Ok(())
}
