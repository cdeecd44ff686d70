//! The answers: a UUID, a body, the receipt of an upload, the counts, the result of a reset, and the help for all
//! other paths.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use twox_hash::XxHash3_64;
use uuid::Uuid;
use wiremock::matchers::{any, method, path, path_regex};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use super::counters::Counters;
use super::memory::Memory;
use crate::limits::Gate;
use crate::{HELP, Stats, bytes};

/// The state that all responders share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) counters: Arc<Counters>,
    pub(super) memory: Arc<Memory>,
    pub(super) gate: Arc<Gate>,
    pub(super) delay: Duration,
    pub(super) jitter: Duration,
    pub(super) guarded: bool,
}

impl Shared {
    /// Every responder that leaves a request in wiremock's memory must call this.
    fn kept(&self, request: &Request) {
        self.counters.kept(request.body.len());
        self.memory.watch(self);
    }

    /// Counts a request that is measured, and holds its answer back until it is due.
    fn due(&self, request: &Request, answer: ResponseTemplate) -> ResponseTemplate {
        let admitted = self.gate.admit(self.delay + self.jitter.mul_f64(fastrand::f64()));
        let delay = admitted.unwrap_or_default();
        self.counters.arrived(delay);
        self.kept(request);
        match admitted {
            Ok(_) if delay.is_zero() => answer,
            Ok(_) => answer.set_delay(delay),
            Err(refusal) => {
                let refused = ResponseTemplate::new(refusal.status).set_body_string(refusal.to_string());
                match refusal.retry_after {
                    Some(seconds) => refused.insert_header("retry-after", seconds.to_string()),
                    None => refused,
                }
            }
        }
    }

    pub(super) fn stats(&self) -> Stats {
        self.gate.count(self.counters.stats())
    }

    /// Sets the counts to zero. What wiremock keeps is dropped later: see [`Memory`].
    pub(super) fn reset(&self) {
        self.counters.reset();
        self.gate.reset();
    }

    /// The mocks to mount. They are made anew each time, because wiremock keeps requests with the mock that matched
    /// them.
    pub(super) fn mocks(&self) -> Vec<Mock> {
        let get = |at: &str| Mock::given(method("GET")).and(path(at));
        vec![
            get("/uuid").respond_with(Fresh(self.clone())).with_priority(1),
            Mock::given(method("GET")).and(path_regex("^/bytes/")).respond_with(Sends(self.clone())).with_priority(1),
            Mock::given(method("POST")).and(path("/upload")).respond_with(Takes(self.clone())).with_priority(1),
            get("/stats").respond_with(Told(self.clone())).with_priority(2),
            Mock::given(method("POST")).and(path("/reset")).respond_with(Reset(self.clone())).with_priority(2),
            Mock::given(any()).respond_with(Stray(self.clone())).with_priority(255),
        ]
    }
}

/// `GET /uuid`: a fresh UUID each time, as httpbin returns it.
struct Fresh(Shared);

impl Respond for Fresh {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.due(request, ResponseTemplate::new(200).set_body_json(json!({ "uuid": Uuid::new_v4() })))
    }
}

/// `GET /bytes/N`. wiremock holds the whole body in memory, so that only short ones are sent.
struct Sends(Shared);

/// The longest body that this engine sends: 16 MiB.
const MOST: u64 = 16 << 20;

impl Respond for Sends {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        match bytes::asked_for(request.url.path()).filter(|length| *length <= MOST) {
            Some(length) => self.0.due(request, ResponseTemplate::new(200).set_body_bytes(bytes::whole(length))),
            None => Stray(self.0.clone()).respond(request),
        }
    }
}

/// `POST /upload`.
struct Takes(Shared);

impl Respond for Takes {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let receipt = bytes::receipt(request.body.len() as u64, XxHash3_64::oneshot(&request.body));
        self.0.due(request, ResponseTemplate::new(200).set_body_raw(receipt, "application/json"))
    }
}

/// `GET /stats`.
struct Told(Shared);

impl Respond for Told {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.kept(request);
        ResponseTemplate::new(200).set_body_json(self.0.stats())
    }
}

/// `POST /reset`.
struct Reset(Shared);

impl Respond for Reset {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if self.0.guarded {
            return Stray(self.0.clone()).respond(request);
        }
        self.0.reset();
        self.0.memory.drop_soon(&self.0);
        ResponseTemplate::new(204)
    }
}

/// All other requests.
struct Stray(Shared);

impl Respond for Stray {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.counters.strayed();
        self.0.kept(request);
        ResponseTemplate::new(404).set_body_string(HELP)
    }
}
