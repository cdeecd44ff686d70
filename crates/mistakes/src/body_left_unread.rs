//! A body that is not read to its end: its connection cannot be used again.
//!
//! This program reads as much as the head promised, and never the end itself, so that its answers are checked like
//! any others. A program that looks at the status and drops the body does the same to its connections.

use std::io::Read;

use fanout_clients::ureq::{Client, Opened};
use fanout_model::answer::Answer;
use fanout_model::{
    BodyError, Concurrency, Found, Model, Protocol, Request, RequestError, Runner, Settings, SetupError,
};
use model_thread_pool::Pool;

use crate::mistake::Mistake;

pub(crate) static MISTAKE: Mistake = Mistake {
    model: &BodyLeftUnread,
    name: "a body that is not read to its end",
    what: "The program drops each answer before its body has been read to the end, and the client closes the \
        connection.",
    noticed: "The server sees a connection for each request, although one client is shared.",
    instead: "Read every body to its end, also where only the status or the first part of it matters.",
    twin: "thread-pool-ureq",
    limited: true,
    wrong: include_str!("body_left_unread.rs"),
    right: include_str!("../../clients/src/lib.rs"),
};

/// The model; see the file's header.
#[derive(Debug)]
struct BodyLeftUnread;

impl Model for BodyLeftUnread {
    fn id(&self) -> &'static str {
        "mistake-body-left-unread"
    }

    fn about(&self) -> &'static str {
        "threads taking requests from a queue, one shared synchronous client (ureq), bodies not read to their ends"
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(20)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Protocol::HTTP1
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let client = Client::new(settings)?;
        Ok(Box::new(Pool::start(settings.concurrency, move |request| fetch(&client, request).into())?))
    }
}

// Excerpt: begins.
fn fetch(client: &Client, request: &Request) -> Result<Found, RequestError> {
    let Opened { status, headers, length, body } = client.open(request)?;
    let (mut answer, mut part) = (Answer::begin(request, status, &headers)?, Vec::new());
    // Wrong: nothing reads beyond this, so that the client never learns that the body has ended.
    // Right: `loop`, and return at `Ok(0) => ...`, where a read finds the end.
    let read = body.take(length.unwrap_or(0)).read_to_end(&mut part);
    read.map_err(|_| RequestError::Body(BodyError::Truncated))?;
    answer.take(&part)?;
    answer.check()
}
// Excerpt: ends.
