//! The four answers: a UUID, the counts, the result of a reset, and the help for all other paths.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use super::counters::Counters;
use super::memory::Memory;
use crate::HELP;

/// The state that all responders share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) counters: Arc<Counters>,
    pub(super) memory: Arc<Memory>,
    pub(super) delay: Duration,
    pub(super) jitter: Duration,
}

impl Shared {
    /// Every responder that leaves a request in wiremock's memory must call this.
    fn kept(&self) {
        self.counters.kept();
        self.memory.watch(self);
    }

    /// The mocks to mount. They are made anew each time, because wiremock keeps requests with the mock that matched
    /// them.
    pub(super) fn mocks(&self) -> Vec<Mock> {
        let get = |at: &str| Mock::given(method("GET")).and(path(at));
        vec![
            get("/uuid").respond_with(Fresh(self.clone())).with_priority(1),
            get("/stats").respond_with(Told(self.clone())).with_priority(2),
            Mock::given(method("POST")).and(path("/reset")).respond_with(Reset(self.clone())).with_priority(2),
            Mock::given(any()).respond_with(Stray(self.clone())).with_priority(255),
        ]
    }
}

/// `GET /uuid`: a fresh UUID each time, as httpbin returns it.
struct Fresh(Shared);

impl Respond for Fresh {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let delay = self.0.delay + self.0.jitter.mul_f64(fastrand::f64());
        self.0.counters.arrived(delay);
        self.0.kept();
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "uuid": Uuid::new_v4() }));
        if delay.is_zero() { answer } else { answer.set_delay(delay) }
    }
}

/// `GET /stats`.
struct Told(Shared);

impl Respond for Told {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.kept();
        ResponseTemplate::new(200).set_body_json(self.0.counters.stats())
    }
}

/// `POST /reset`.
struct Reset(Shared);

impl Respond for Reset {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.counters.reset();
        self.0.memory.drop_soon(&self.0);
        ResponseTemplate::new(204)
    }
}

/// All other requests.
struct Stray(Shared);

impl Respond for Stray {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.counters.strayed();
        self.0.kept();
        ResponseTemplate::new(404).set_body_string(HELP)
    }
}
