//! Checks what a model does with bodies: that they arrive whole in both directions, that they are compared with what
//! is expected, and that a bad one does not affect others.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use fanout_model::{
    BodyError, Check, Content, Found, Kept, Model, Outcome, Protocol, Request, RequestError, Settings,
};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mock_server::bytes as bodies;

use crate::asked::{LIMIT, expect_numbers, numbered, settings};
use crate::server::{Server, uuid_of};
use crate::starved::{self, with_time_enough};

/// Among them are no bytes, and more than any buffer holds.
const LENGTHS: [u64; 4] = [0, 1, 100_000, 3_000_000];

/// Whether an outcome is as it must be.
type Expected = Box<dyn Fn(&Outcome) -> bool>;

type Expecting = (Request, Expected);

/// Bodies of several lengths are what they should be, whether they are held in memory or not.
pub(crate) fn downloads(model: &'static dyn Model) -> Result<()> {
    in_each_protocol(model, |server| {
        let ask = |length, kept| {
            let body = bodies::whole(length);
            let check = Check { content: Content::exactly(&body), kept, ..Check::default() };
            (server.get(format!("/bytes/{length}")).with_check(check), becomes(Ok((&body[..]).into())))
        };
        LENGTHS.into_iter().flat_map(|length| [ask(length, Kept::Not), ask(length, Kept::InMemory)]).collect()
    })
}

/// Bytes that are not the expected ones are that request's outcome.
pub(crate) fn other_bytes(model: &'static dyn Model) -> Result<()> {
    in_each_protocol(model, |server| {
        let length = 100_000;
        let ask = |content, error: BodyError| {
            let request = server.get(format!("/bytes/{length}")).with_check(Check { content, ..Check::default() });
            (request, becomes(Err(RequestError::Body(error))))
        };
        let exactly = |length, hash| Content::Exactly { length, hash };
        vec![
            ask(exactly(length, 1), BodyError::OtherBytes),
            ask(exactly(length + 1, 1), BodyError::Length { expected: length + 1, arrived: length }),
            ask(exactly(length - 1, 1), BodyError::Longer { expected: length - 1 }),
            ask(Content::Json { pointer: "/a".into() }, BodyError::NotJson),
        ]
    })
}

/// Bodies of several lengths arrive at the server, with the method and the headers of their request.
pub(crate) fn uploads(model: &'static dyn Model) -> Result<()> {
    in_each_protocol(model, |server| {
        let ask = |length| {
            let receipt = bodies::receipt(length, bodies::hash(length));
            let content = Content::exactly(receipt.as_bytes());
            let (request, server) = (upload(&server.get("/upload"), length, content), server.clone());
            let arrived: Expected = Box::new(move |outcome| {
                let header = |name: &str, value: String| (name.to_owned(), value);
                let [own, size] = [header("x-own", "yes".into()), header("content-length", length.to_string())];
                let has_both =
                    server.headers().iter().any(|headers| headers.contains(&own) && headers.contains(&size));
                outcome.result == Ok(receipt.as_bytes().into()) && has_both
            });
            (request, arrived)
        };
        LENGTHS.into_iter().map(ask).collect()
    })
}

/// A request has its own method, with a body or without one, and its own headers.
pub(crate) fn methods(model: &'static dyn Model) -> Result<()> {
    in_each_protocol(model, |server| {
        let ask = |method: Method, body: u64| {
            let answer = if method == Method::HEAD { String::new() } else { body.to_string() };
            let url = server.at(format!("/method/{method}"));
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/plain"))]);
            let check = Check { content: Content::exactly(answer.as_bytes()), ..Check::default() };
            let request = Request::new(method, url, headers, bodies::whole(body), check);
            (request.expect("it is a valid request"), becomes(Ok(answer.as_bytes().into())))
        };
        let with_either = [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE, Method::OPTIONS];
        let with_either = with_either.into_iter().flat_map(|method| [ask(method.clone(), 0), ask(method, 9)]);
        with_either.chain([ask(Method::HEAD, 0)]).collect()
    })
}

/// A server that answers, or ends the connection, in the middle of an upload is that request's outcome.
pub(crate) fn ended_uploads(model: &'static dyn Model) -> Result<()> {
    in_each_protocol(model, |server| {
        let ask = |path, is_it: Expected| (upload(&server.get(path), 3_000_000, Content::Anything), is_it);
        let is_cut_off = becomes(Err(RequestError::Body(BodyError::Truncated)));
        vec![ask("/early", Box::new(is_early)), ask("/broken-off", is_cut_off)]
    })
}

/// A body whose last chunk has no end is cut off, although all of its bytes have arrived. ureq takes it for whole on
/// purpose (ureq 3.5, `run.rs`), and has no setting for it.
pub(crate) fn cut_chunks(model: &'static dyn Model) -> Result<()> {
    let on_ureq = model.description().is_some_and(|model| model.libraries.contains(&"ureq"));
    in_each_protocol(model, |server| {
        // The floor does not read chunked answers, and says so.
        let is_cut_off: Expected = Box::new(move |outcome| match &outcome.result {
            Err(RequestError::Lost(reason)) => reason.contains("chunked"),
            Ok(found) if on_ureq => *found == uuid_of(0).into(),
            result => *result == Err(RequestError::Body(BodyError::Truncated)),
        });
        vec![(server.get("/cut-chunks"), is_cut_off)]
    })
}

/// An answer that no request asked for is taken for none of them.
pub(crate) fn unasked_answers(model: &'static dyn Model) -> Result<()> {
    for protocol in model.protocols() {
        let server = Server::start();
        let settings = Settings { protocol: *protocol, ..settings(model, LIMIT)? };
        let mut runner = model.prepare(&settings)?;
        for run in 1..=2 {
            let outcomes = runner.run(&numbered(&server, "/unasked", 12));
            expect_numbers(&outcomes, 12).with_context(|| format!("{protocol}, run {run}"))?;
        }
    }
    Ok(())
}

/// A client may notice that it cannot send before it sees the answer.
fn is_early(outcome: &Outcome) -> bool {
    let cut_off = RequestError::Body(BodyError::Truncated);
    outcome.result == Err(RequestError::Status(413)) || outcome.result == Err(cut_off)
}

fn upload(to: &Request, length: u64, content: Content) -> Request {
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-own"), HeaderValue::from_static("yes"))]);
    let (url, body): (_, Bytes) = (to.url().clone(), bodies::whole(length));
    let check = Check { content, ..Check::default() };
    Request::new(Method::POST, url, headers, body, check).expect("it is a valid request")
}

fn becomes(expected: std::result::Result<Found, RequestError>) -> Expected {
    Box::new(move |outcome| outcome.result == expected)
}

/// Makes the requests among good ones, in each protocol that the model speaks.
fn in_each_protocol(model: &'static dyn Model, of: impl Fn(&Server) -> Vec<Expecting>) -> Result<()> {
    for protocol in model.protocols() {
        with_time_enough(|timeout| among_good_ones(*protocol, timeout, model, &of))
            .with_context(|| format!("{protocol}"))?;
    }
    Ok(())
}

fn among_good_ones(
    protocol: Protocol,
    timeout: Duration,
    model: &dyn Model,
    of: impl Fn(&Server) -> Vec<Expecting>,
) -> Result<()> {
    let server = Server::start();
    let mut asked: Vec<Expecting> = Vec::new();
    for (i, expecting) in of(&server).into_iter().enumerate() {
        asked.extend([(server.get(format!("/uuid/{i}")), becomes(Ok(uuid_of(i).into()))), expecting]);
    }
    let requests: Vec<Request> = asked.iter().map(|(request, _)| request.clone()).collect();
    let outcomes = model.prepare(&Settings { timeout, protocol, ..settings(model, LIMIT)? })?.run(&requests);
    ensure!(outcomes.len() == requests.len(), "{} outcomes for {} requests", outcomes.len(), requests.len());
    for ((request, is_it), outcome) in asked.iter().zip(&outcomes) {
        if is_it(outcome) {
            continue;
        }
        let what = (request.method(), request.url().path(), request.body().len());
        starved::unless(&outcome.result, false).with_context(|| format!("{what:?}"))?;
        bail!("{what:?} became {:?}", outcome.result);
    }
    Ok(())
}
