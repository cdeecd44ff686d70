//! One HTTP request: it is made once, and clones share it. A batch of the same request costs no more than a list of
//! references.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use url::{Position, Url};

use crate::{Check, RequestError, redacted};

/// A request, and what makes its answer good.
///
/// All of it was checked when it was made, so that a client can send it without an error of its own.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Described", into = "Described")]
pub struct Request(Arc<Parts>);

#[derive(Clone, PartialEq)]
struct Parts {
    method: Method,
    url: Url,
    authority: HeaderValue,
    path: PathAndQuery,
    /// What is sent besides the host: the request's own headers, and the ones that every request has.
    headers: HeaderMap,
    body: Bytes,
    check: Check,
}

/// Headers that a client decides. A request that sets one of them would contradict its settings or its body.
const THE_CLIENTS: [HeaderName; 4] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Every kind of answer is accepted (RFC 9110, section 12.5.1). reqwest, ureq and libcurl send this header by
/// themselves.
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

impl Request {
    /// A `GET` of this URL, whose answer must be a UUID.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if no client can send it: another scheme than http and https, or a path that HTTP
    /// does not allow.
    pub fn get(url: Url) -> Result<Self, RequestError> {
        Self::new(Method::GET, url, HeaderMap::new(), Bytes::new(), Check::default())
    }

    /// A request with all of its parts.
    ///
    /// # Errors
    /// [`RequestError::Invalid`], which says which part cannot be sent.
    pub fn new(
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        body: Bytes,
        check: Check,
    ) -> Result<Self, RequestError> {
        let bad = |reason: String| RequestError::Invalid(format!("{}: {reason}", redacted(url.as_str())));
        if !matches!(url.scheme(), "http" | "https") {
            // The text before the colon may be the name of a user, which may be a secret.
            let scheme = if url.cannot_be_a_base() { "another one" } else { url.scheme() };
            return Err(bad(format!("the scheme is {scheme}; only http and https can be requested")));
        }
        if method == Method::HEAD && !body.is_empty() {
            return Err(bad("a HEAD request has no body".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a user or a password in a URL is not sent; give the header `authorization`".into()));
        }
        if method == Method::CONNECT {
            return Err(bad("CONNECT asks for a tunnel, and not for an answer".into()));
        }
        if let Some(name) = THE_CLIENTS.iter().find(|name| headers.contains_key(*name)) {
            return Err(bad(format!("the header `{name}` is set by the client, and cannot be given")));
        }
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        authority.parse::<Authority>().map_err(|error| bad(format!("the host `{authority}`: {error}")))?;
        let authority = HeaderValue::from_str(authority).map_err(|error| bad(format!("the host: {error}")))?;
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let path = path.parse().map_err(|error| bad(format!("the path: {error}")))?;
        headers.entry(ACCEPT).or_insert(ANYTHING);
        // A request of these methods says how long its body is, even if it has none (RFC 9110, section 8.6).
        if !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
            headers.insert(CONTENT_LENGTH, body.len().into());
        }
        Ok(Self(Arc::new(Parts { method, url, authority, path, headers, body, check })))
    }

    /// The same request with another check.
    #[must_use]
    pub fn with_check(&self, check: Check) -> Self {
        Self(Arc::new(Parts { check, ..Parts::clone(&self.0) }))
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// The host and the port, as the URL has them: the value of the header `host`.
    #[must_use]
    pub fn authority(&self) -> &HeaderValue {
        &self.0.authority
    }

    /// The path and the query: what HTTP/1.1 sends of the URL (RFC 9112, section 3.2).
    #[must_use]
    pub fn path(&self) -> &PathAndQuery {
        &self.0.path
    }

    /// Every header that is sent, except `host` and `connection`, which depend on the protocol.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body; empty if there is none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// What makes an answer good.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.0.check
    }

    /// Whether it sends nothing but the URL and what every request sends: a `GET` without headers of its own and
    /// without a body.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        let Parts { method, headers, body, .. } = &*self.0;
        let accepts_anything = headers.len() == 1 && headers.get(ACCEPT) == Some(&ANYTHING);
        *method == Method::GET && accepts_anything && body.is_empty()
    }

    /// Whether it is [simple](Self::is_simple), and its answer must be a UUID and is only checked.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_simple() && self.0.check.is_default()
    }

    /// Whether it sends the same as another request, whatever their answers must hold.
    #[must_use]
    pub fn sends_what_is_sent_by(&self, other: &Self) -> bool {
        let (one, other) = (&*self.0, &*other.0);
        one.method == other.method && one.url == other.url && one.headers == other.headers && one.body == other.body
    }
}

impl PartialEq for Request {
    /// Most requests of a batch are clones of one request, which this sees at once.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Request {}

impl Hash for Request {
    /// It takes the length of the body in place of its bytes, because a model may hash a request while the clock
    /// runs.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.url, &self.0.method, self.0.body.len()).hash(state);
    }
}

impl fmt::Debug for Request {
    /// It shows nothing that may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.method, redacted(self.0.url.as_str()))
    }
}

/// A request as it passes between processes. What a plain request does not need is left out.
#[derive(Clone, Serialize, Deserialize)]
struct Described {
    url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    /// In base64 (RFC 4648, section 4), because JSON has text only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
    #[serde(default, skip_serializing_if = "Check::is_default")]
    check: Check,
}

impl From<Request> for Described {
    fn from(request: Request) -> Self {
        let Parts { method, url, headers, body, check, .. } = &*request.0;
        // These two are added again when it is read.
        let added =
            |name: &HeaderName, value: &HeaderValue| *name == CONTENT_LENGTH || *name == ACCEPT && *value == ANYTHING;
        let own = headers.iter().filter(|(name, value)| !added(name, value));
        // A value that is no text cannot come from a file of requests, which is text.
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            url: url.clone(),
            method: (*method != Method::GET).then(|| method.to_string()),
            headers: own.map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: BASE64_STANDARD.encode(body),
            check: check.clone(),
        }
    }
}

impl TryFrom<Described> for Request {
    type Error = RequestError;

    fn try_from(described: Described) -> Result<Self, RequestError> {
        let Described { url, method, headers, body, check } = described;
        let invalid = |what: &str, error: &dyn fmt::Display| RequestError::Invalid(format!("{what}: {error}"));
        let method = method.map_or(Ok(Method::GET), |method| method.parse());
        let body = BASE64_STANDARD.decode(body).map_err(|error| invalid("the body", &error))?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().map_err(|error| invalid("a header's name", &error))?;
            let value = value.parse().map_err(|error| invalid("a header's value", &error))?;
            map.try_append(name, value).map_err(|error| invalid("the headers", &error))?;
        }
        Self::new(method.map_err(|error| invalid("the method", &error))?, url, map, body.into(), check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_plain_request_is_its_url_and_every_other_survives_the_way_as_well() {
        let plain = Request::get(url("http://localhost:1/uuid?a=b")).unwrap();
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"url":"http://localhost:1/uuid?a=b"}"#);
        assert!(plain.is_plain());
        assert_eq!((plain.authority().to_str().unwrap(), plain.path().as_str()), ("localhost:1", "/uuid?a=b"));
        let headers = HeaderMap::from_iter([
            (HeaderName::from_static("x-a"), HeaderValue::from_static("1")),
            (ACCEPT, HeaderValue::from_static("text/plain")),
        ]);
        let check = Check { content: Content::Anything, status: Some(404), ..Check::default() };
        let body = Bytes::from_static(b"\x00\xff");
        let other = Request::new(Method::POST, url("https://h/"), headers, body, check).unwrap();
        assert_eq!(other.headers()[CONTENT_LENGTH], "2");
        for request in [plain, other] {
            let text = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request, "{text}");
        }
    }

    #[test]
    fn what_no_client_can_send_is_refused_without_its_secrets() {
        let new = |method, address: &str, headers| {
            Request::new(method, url(address), headers, Bytes::new(), Check::default()).unwrap_err().to_string()
        };
        let scheme = new(Method::GET, "ftp://host/?token=secret", HeaderMap::new());
        assert_eq!(scheme, "invalid request: ftp://host/?…: the scheme is ftp; only http and https can be requested");
        assert!(new(Method::CONNECT, "http://host/", HeaderMap::new()).contains("tunnel"));
        let user = new(Method::GET, "http://me:secret@host/", HeaderMap::new());
        assert!(user.contains("authorization") && !user.contains("secret"), "{user}");
        for name in THE_CLIENTS {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("1"))]);
            assert!(new(Method::GET, "http://host/", headers).contains(name.as_str()));
        }
    }

    #[test]
    fn only_methods_with_a_body_say_that_they_have_none() {
        let length = |method| {
            let request = Request::new(method, url("http://h/"), HeaderMap::new(), Bytes::new(), Check::default());
            request.unwrap().headers().get(CONTENT_LENGTH).cloned()
        };
        assert_eq!(length(Method::POST), Some(HeaderValue::from_static("0")));
        assert_eq!(length(Method::GET), None);
        assert_eq!(length(Method::DELETE), None);
    }
}
