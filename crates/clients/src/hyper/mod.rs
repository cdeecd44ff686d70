//! hyper's connection API. It has no pool, no redirects and no proxy; a caller holds its connections itself.
//!
//! This file does not depend on a runtime: it has the request, the answer and the errors. [`http1`] runs on any
//! [`Runtime`], and [`http2`] runs on tokio.

mod dial;
pub mod http1;
pub mod http2;
mod paced;
mod runtime;
mod tokio;

use std::io::ErrorKind;

use fanout_model::{BodyError, Protocol, RequestError, Url, Uuid, answer, redacted};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderValue};
use hyper::{Request, Response, Uri, Version};
use url::Position;

use crate::causes;

pub use self::runtime::Runtime;
pub use self::tokio::{Stream, Tokio};

/// Every kind of answer is accepted (RFC 9110, section 12.5.1). reqwest, ureq and libcurl send this header by
/// themselves.
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// A `GET` of this URL. HTTP/1.1 sends the path, and the host in a header (RFC 9112, section 3.2); HTTP/2 sends the
/// whole URL.
///
/// # Errors
/// [`RequestError::Connect`] if the URL is no valid target of an HTTP request.
pub fn request(url: &Url, protocol: Protocol) -> Result<Request<Empty<Bytes>>, RequestError> {
    let bad = |error: &dyn std::error::Error| RequestError::Connect(format!("{}: {error}", redacted(url.as_str())));
    let mut request = Request::new(Empty::new());
    if protocol == Protocol::Http2 {
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = Uri::try_from(url.as_str()).map_err(|error| bad(&error))?;
        request.headers_mut().insert(ACCEPT, ANYTHING);
        return Ok(request);
    }
    let path = &url[Position::BeforePath..Position::AfterQuery];
    *request.uri_mut() = Uri::try_from(path).map_err(|error| bad(&error))?;
    let host = HeaderValue::from_str(authority(url)).map_err(|error| bad(&error))?;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(ACCEPT, ANYTHING);
    if protocol == Protocol::ConnectionPerRequest {
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(request)
}

/// Reads an answer to its end; `failure` translates an error of the body.
///
/// # Errors
/// [`RequestError`] lists the possible failures.
pub async fn read<F>(response: Response<Incoming>, failure: F) -> Result<Uuid, RequestError>
where
    F: FnOnce(&hyper::Error) -> RequestError,
{
    let status = response.status().as_u16();
    let body = crate::collect(response.into_body(), failure).await?;
    answer::uuid(status, &body)
}

/// Translates an error on an open HTTP/1.1 connection into a [`RequestError`].
#[must_use]
pub fn failure(error: &hyper::Error) -> RequestError {
    // hyper reports a bad chunk of a body as an I/O error (`proto/h1/decode.rs`).
    let bad_chunk = |error: &std::io::Error| matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput);
    let bad_chunks = causes(error).any(|cause| cause.downcast_ref().is_some_and(bad_chunk));
    RequestError::Body(if error.is_parse_too_large() {
        BodyError::HeadTooLong
    } else if error.is_parse() || bad_chunks {
        BodyError::NotHttp
    } else {
        // Once connected, one case is left: the connection was closed or reset before the end of the answer.
        BodyError::Truncated
    })
}

/// The host and the port, as the URL has them.
#[must_use]
pub fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// The scheme, the host and the port. Requests for which these are the same may share a connection.
#[must_use]
pub fn origin(url: &Url) -> &str {
    &url[..Position::AfterPort]
}
