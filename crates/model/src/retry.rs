//! Sends a request again that failed in passing, if the settings allow it.
//!
//! The wait before each repetition is random, between nothing and a bound that doubles each time, so that the clients
//! of a server that was busy do not all come back at one moment ("full jitter": Marc Brooker, "Exponential Backoff
//! And Jitter", AWS Architecture Blog, 2015). If the server names a time (`Retry-After`, RFC 9110, section 10.2.3),
//! the request also waits for that long.

use std::thread;
use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

use crate::{BodyError, Found, Request, RequestError};

/// Whether a request is sent again that failed in passing, and when. By default, it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often one request is sent again at most.
    pub most: u32,
    /// The bound of the random wait before the first repetition. It doubles with each repetition.
    pub first: Duration,
    /// The most that the bound becomes. If a server asks for a longer wait than this, the request is not sent again;
    /// otherwise, the random wait comes on top of what it asks for.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self::NEVER
    }
}

impl Retry {
    /// No request is sent again.
    pub const NEVER: Self = Self::times(0);

    /// A request is sent again up to `most` times, after a wait of at most 100 ms, 200 ms, and so on up to 30 s.
    #[must_use]
    pub const fn times(most: u32) -> Self {
        Self { most, first: Duration::from_millis(100), longest: Duration::from_secs(30) }
    }

    /// Whether no request is sent again.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.most == 0
    }

    /// The longest time that one request can take, if each attempt ends within `timeout`.
    #[must_use]
    pub fn longest_request(&self, timeout: Duration) -> Duration {
        let of_waits = self.longest.saturating_mul(2).saturating_mul(self.most);
        timeout.saturating_mul(self.most.saturating_add(1)).saturating_add(of_waits)
    }

    /// The wait before a request is sent again that has been sent again `so_far` times, or `None` if it must not be.
    fn wait(&self, request: &Request, so_far: u32, error: &RequestError) -> Option<Duration> {
        if so_far >= self.most || !is_idempotent(request.method()) || !is_passing(error) {
            return None;
        }
        let asked_for = match error {
            RequestError::Later { seconds, .. } => Duration::from_secs(*seconds),
            _ => Duration::ZERO,
        };
        if asked_for > self.longest {
            return None;
        }
        let bound = self.first.saturating_mul(1_u32.checked_shl(so_far).unwrap_or(u32::MAX)).min(self.longest);
        Some(asked_for + bound.mul_f64(fastrand::f64()))
    }
}

/// Whether a request may be sent twice: what it does to the server is the same (RFC 9110, section 9.2.2).
fn is_idempotent(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE].contains(method)
}

/// Whether the same request may succeed later.
fn is_passing(error: &RequestError) -> bool {
    match error {
        RequestError::Later { .. } | RequestError::Connect(_) | RequestError::Timeout => true,
        RequestError::Status(status) => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        RequestError::Body(error) => *error == BodyError::Truncated,
        RequestError::Invalid(_) | RequestError::Tls(_) | RequestError::Keep(_) | RequestError::Lost(_) => false,
    }
}

/// One request with the attempts to send it.
#[derive(Debug)]
pub struct Attempts<'a> {
    retry: &'a Retry,
    request: &'a Request,
    again: u32,
}

impl<'a> Attempts<'a> {
    /// No attempt so far.
    #[must_use]
    pub fn new(retry: &'a Retry, request: &'a Request) -> Self {
        Self { retry, request, again: 0 }
    }

    /// Returns how long to wait before the request is sent again after this result, or `None` if this is its end.
    pub fn wait_after(&mut self, result: &Result<Found, RequestError>) -> Option<Duration> {
        let wait = self.retry.wait(self.request, self.again, result.as_ref().err()?)?;
        self.again += 1;
        Some(wait)
    }

    /// Ends the request with the result of its last attempt.
    #[must_use]
    pub fn end(self, result: Result<Found, RequestError>) -> Tried {
        Tried { result, again: self.again }
    }
}

/// The end of a request, and how often it was sent again before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The result of the last attempt.
    pub result: Result<Found, RequestError>,
    /// How often the request was sent again.
    pub again: u32,
}

impl From<Result<Found, RequestError>> for Tried {
    /// A request that was sent once.
    fn from(result: Result<Found, RequestError>) -> Self {
        Self { result, again: 0 }
    }
}

/// Sends a request with `send`, and again after waits with `sleep` as `retry` allows.
pub async fn repeat<F, W>(
    retry: &Retry,
    request: &Request,
    mut send: impl FnMut() -> F,
    sleep: impl Fn(Duration) -> W,
) -> Tried
where
    F: Future<Output = Result<Found, RequestError>>,
    W: Future,
{
    let mut attempts = Attempts::new(retry, request);
    loop {
        let result = send().await;
        match attempts.wait_after(&result) {
            Some(wait) => drop(sleep(wait).await),
            None => return attempts.end(result),
        }
    }
}

/// Sends a request with `send`, and again after waits as `retry` allows. It blocks the calling thread.
pub fn repeat_blocking(
    retry: &Retry,
    request: &Request,
    mut send: impl FnMut() -> Result<Found, RequestError>,
) -> Tried {
    let mut attempts = Attempts::new(retry, request);
    loop {
        let result = send();
        match attempts.wait_after(&result) {
            Some(wait) => thread::sleep(wait),
            None => return attempts.end(result),
        }
    }
}

/// The error for a status that is not expected, in an answer with these headers.
pub(crate) fn refused(status: u16, headers: &HeaderMap) -> RequestError {
    let asks = matches!(status, 429 | 503).then(|| headers.get(RETRY_AFTER)).flatten();
    match asks.and_then(|value| seconds(value.to_str().ok()?)) {
        Some(seconds) => RequestError::Later { status, seconds },
        None => RequestError::Status(status),
    }
}

/// The value of `Retry-After` in seconds: a number, or the time until a date.
fn seconds(value: &str) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u64::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let wait = date.duration_since(SystemTime::now()).unwrap_or_default();
    Some(wait.as_secs_f64().ceil() as u64)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;

    use super::*;
    use crate::Check;

    fn request(method: Method) -> Request {
        let url = "http://localhost/".parse().unwrap();
        Request::new(method, url, HeaderMap::new(), Bytes::new(), Check::default()).unwrap()
    }

    fn waits(retry: &Retry, method: Method, error: &RequestError) -> Vec<Duration> {
        let request = request(method);
        (0..).map_while(|so_far| retry.wait(&request, so_far, error)).collect()
    }

    #[test]
    fn the_waits_are_random_below_a_bound_that_doubles_and_their_number_is_limited() {
        let retry = Retry { longest: Duration::from_millis(350), ..Retry::times(4) };
        for _ in 0..100 {
            let waits = waits(&retry, Method::GET, &RequestError::Status(503));
            assert_eq!(waits.len(), 4);
            for (wait, bound) in waits.iter().zip([100, 200, 350, 350]) {
                assert!(*wait <= Duration::from_millis(bound), "{wait:?} {bound}");
            }
        }
        assert_eq!(waits(&Retry::NEVER, Method::GET, &RequestError::Status(503)), []);
        assert_eq!(waits(&Retry::times(100), Method::GET, &RequestError::Timeout).len(), 100);
    }

    #[test]
    fn a_server_that_names_a_time_is_given_it_unless_it_is_too_long() {
        let later = |seconds| RequestError::Later { status: 429, seconds };
        let waits_for = waits(&Retry::times(1), Method::GET, &later(7));
        assert!(waits_for[0] >= Duration::from_secs(7));
        assert_eq!(waits(&Retry::times(1), Method::GET, &later(31)), []);
        assert_eq!(waits(&Retry::times(1), Method::GET, &later(u64::MAX)), []);
    }

    #[test]
    fn what_is_not_safe_to_repeat_or_would_fail_again_is_not_sent_again() {
        let retry = Retry::times(3);
        assert_eq!(waits(&retry, Method::POST, &RequestError::Status(503)), []);
        assert_eq!(waits(&retry, Method::PATCH, &RequestError::Timeout), []);
        assert_eq!(waits(&retry, Method::PUT, &RequestError::Status(503)).len(), 3);
        assert_eq!(waits(&retry, Method::GET, &RequestError::Status(404)), []);
        assert_eq!(waits(&retry, Method::GET, &RequestError::Body(BodyError::NotJson)), []);
    }

    #[test]
    fn a_refusal_says_when_to_come_back_in_seconds_or_as_a_date() {
        let with = |status, value: &str| {
            refused(status, &HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]))
        };
        assert_eq!(with(429, "3"), RequestError::Later { status: 429, seconds: 3 });
        assert_eq!(with(503, " 0 "), RequestError::Later { status: 503, seconds: 0 });
        assert_eq!(with(503, "Sun, 06 Nov 1994 08:49:37 GMT"), RequestError::Later { status: 503, seconds: 0 });
        assert_eq!(with(503, "99999999999999999999999"), RequestError::Later { status: 503, seconds: u64::MAX });
        for wrong in ["", "-1", "soon", "1.5"] {
            assert_eq!(with(429, wrong), RequestError::Status(429), "{wrong}");
        }
        assert_eq!(with(500, "3"), RequestError::Status(500));
        assert_eq!(refused(429, &HeaderMap::new()), RequestError::Status(429));
    }
}
