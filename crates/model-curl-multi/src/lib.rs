//! libcurl's multi interface: an event loop that the program calls, without futures, and without callbacks in the
//! program.
//!
//! Here it speaks no TLS: libcurl would bring another TLS library with it (OpenSSL, or rustls with aws-lc-rs),
//! which would be built from source as libcurl is.
//!
//! `client` knows libcurl's requests. This file knows its event loop, which must stay on the thread that created it.

mod client;

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use curl::MultiError;
use curl::multi::{Easy2Handle, Multi};
use fanout_model::names::Hosts;
use fanout_model::retry::Attempts;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Found, Model, Outcome, OwnThread, Request, RequestError, Runner,
    Settings, SetupError, Span, runtime,
};

use crate::client::{Exchange, Handle};

/// The model; see the crate's header.
#[derive(Debug)]
pub struct CurlMulti;

impl Model for CurlMulti {
    fn id(&self) -> &'static str {
        "curl-multi"
    }

    fn about(&self) -> &'static str {
        "libcurl's multi interface, an event loop without futures (curl)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "the program uses libcurl already, or needs a protocol that only libcurl speaks",
            it_costs: "a C library in the build, and a check of every request in flight whenever one of them makes \
                progress",
            called: Called::Blocking,
            one_host: false,
            libraries: &["curl"],
            crates: 5,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::chosen(100)
    }

    fn speaks_tls(&self) -> bool {
        false
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        runtime::refuse()?;
        let settings = settings.clone();
        let handles =
            (0..settings.concurrency.get()).map(|_| client::handle(&settings)).collect::<Result<Vec<_>, _>>()?;
        let own_thread = OwnThread::start("curl-multi", move || {
            let event_loop = EventLoop::new(handles, settings);
            let mut event_loop = event_loop.map_err(|error| SetupError::Client(error.to_string()))?;
            Ok(move |batch, requests: &[Request]| event_loop.run(batch, requests))
        })?;
        Ok(Box::new(own_thread))
    }
}

/// The longest time that one wait takes. It ends earlier for every event, timeouts included.
const TICK: Duration = Duration::from_secs(1);

struct EventLoop {
    multi: Multi,
    free: Vec<(usize, Handle)>,
    hosts: Hosts,
    settings: Settings,
}

/// A request that has its lane.
struct Carried<'a> {
    index: usize,
    request: &'a Request,
    span: Span,
    attempts: Attempts<'a>,
}

/// The requests in flight by their lanes.
type InFlight<'a> = HashMap<usize, (Carried<'a>, Easy2Handle<Exchange>)>;

/// A request that will be sent again at `due`.
struct Waiting<'a> {
    due: Instant,
    lane: usize,
    handle: Handle,
    carried: Carried<'a>,
}

impl EventLoop {
    fn new(handles: Vec<Handle>, settings: Settings) -> Result<Self, MultiError> {
        let mut multi = Multi::new();
        multi.set_max_connects(handles.len())?;
        // The last one is taken first, so lane 0 is used most.
        let free = handles.into_iter().enumerate().rev().collect();
        Ok(Self { multi, free, hosts: Hosts::default(), settings })
    }

    fn run(&mut self, batch: Batch, requests: &[Request]) -> Vec<Outcome> {
        let mut finished = Vec::with_capacity(requests.len());
        if let Err(error) = self.fetch_all(batch, requests, &mut finished) {
            eprintln!("curl-multi: the event loop failed: {error}");
        }
        batch.in_order(requests.len(), finished)
    }

    fn fetch_all(
        &mut self,
        batch: Batch,
        requests: &[Request],
        finished: &mut Vec<(usize, Outcome)>,
    ) -> Result<(), Box<dyn Error>> {
        // No request is in flight yet.
        self.hosts.look_up(requests, self.free.len(), self.settings.timeout);
        let retry = self.settings.retry;
        let mut next = requests.iter().enumerate();
        let mut in_flight = InFlight::with_capacity(self.free.len());
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        let mut ended = Vec::new();
        loop {
            let now = Instant::now();
            let due: Vec<_> = waiting.extract_if(.., |waiting| waiting.due <= now).collect();
            for Waiting { lane, handle, carried, .. } in due {
                self.send(lane, handle, carried, &mut in_flight, &mut waiting, finished)?;
            }
            while let Some((lane, handle)) = self.free.pop() {
                let Some((index, request)) = next.next() else {
                    self.free.push((lane, handle));
                    break;
                };
                let attempts = Attempts::new(&retry, request);
                let carried = Carried { index, request, span: batch.begin(lane), attempts };
                self.send(lane, handle, carried, &mut in_flight, &mut waiting, finished)?;
            }
            if in_flight.is_empty() && waiting.is_empty() {
                return Ok(());
            }
            // Excerpt: begins.
            self.multi.perform()?;
            self.multi.messages(|message| {
                let Some(lane) = message.token().ok() else { return };
                let result = in_flight.get(&lane).and_then(|(_, handle)| message.result_for2(handle));
                ended.extend(result.map(|result| (lane, result)));
            });
            if ended.is_empty() {
                self.multi.poll(&mut [], until_due(&waiting))?;
            }
            // Excerpt: ends.
            for (lane, result) in ended.drain(..) {
                let Some((carried, handle)) = in_flight.remove(&lane) else { continue };
                let mut handle = self.multi.remove2(handle)?;
                let result = client::result(&mut handle, result);
                self.end(lane, handle, carried, result, &mut waiting, finished);
            }
        }
    }

    /// Ends an attempt: the request waits to be sent again, or ends with it.
    fn end<'a>(
        &mut self,
        lane: usize,
        handle: Handle,
        mut carried: Carried<'a>,
        result: Result<Found, RequestError>,
        waiting: &mut Vec<Waiting<'a>>,
        finished: &mut Vec<(usize, Outcome)>,
    ) {
        if let Some(wait) = carried.attempts.wait_after(&result) {
            waiting.push(Waiting { due: Instant::now() + wait, lane, handle, carried });
        } else {
            finished.push((carried.index, carried.span.end(carried.attempts.end(result))));
            self.free.push((lane, handle));
        }
    }

    /// Sends a request on its lane. If libcurl does not accept the request, the attempt ends here.
    fn send<'a>(
        &mut self,
        lane: usize,
        mut handle: Handle,
        carried: Carried<'a>,
        in_flight: &mut InFlight<'a>,
        waiting: &mut Vec<Waiting<'a>>,
        finished: &mut Vec<(usize, Outcome)>,
    ) -> Result<(), Box<dyn Error>> {
        if let Err(error) = client::begin(&mut handle, &self.settings, carried.request, &self.hosts) {
            self.end(lane, handle, carried, Err(error), waiting, finished);
            return Ok(());
        }
        let mut handle = self.multi.add2(handle)?;
        handle.set_token(lane)?;
        in_flight.insert(lane, (carried, handle));
        Ok(())
    }
}

/// The time until the first waiting request is sent again, but no more than a tick.
fn until_due(waiting: &[Waiting<'_>]) -> Duration {
    let due = waiting.iter().map(|waiting| waiting.due).min();
    due.map_or(TICK, |due| due.saturating_duration_since(Instant::now()).min(TICK))
}
