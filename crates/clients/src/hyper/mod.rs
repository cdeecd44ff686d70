//! hyper's connection API: no pool, no redirects, no proxy; a caller holds its connections itself.
//!
//! What is here does not depend on a runtime: the request, the answer, the errors. [`http1`] runs on any [`Runtime`],
//! [`http2`] on tokio.

pub mod http1;
pub mod http2;
mod paced;
mod runtime;
mod tokio;

use std::io::ErrorKind;

use fanout_model::{BodyError, Protocol, RequestError, Url, Uuid, answer, redacted};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Request, Response, Uri, Version};
use url::Position;

use crate::causes;

pub use self::runtime::Runtime;
pub use self::tokio::{Stream, Tokio};

/// A `GET` of this URL. HTTP/1.1 names the path and, in a header, the host (RFC 9112, section 3.2); HTTP/2 the whole
/// URL.
///
/// # Errors
/// [`RequestError::Connect`] for a URL that names nothing on a server.
pub fn request(url: &Url, protocol: Protocol) -> Result<Request<Empty<Bytes>>, RequestError> {
    let bad = |error: &dyn std::error::Error| RequestError::Connect(format!("{}: {error}", redacted(url.as_str())));
    let mut request = Request::new(Empty::new());
    if protocol == Protocol::Http2 {
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = Uri::try_from(url.as_str()).map_err(|error| bad(&error))?;
        return Ok(request);
    }
    let path = &url[Position::BeforePath..Position::AfterQuery];
    *request.uri_mut() = Uri::try_from(path).map_err(|error| bad(&error))?;
    let host = HeaderValue::from_str(authority(url)).map_err(|error| bad(&error))?;
    request.headers_mut().insert(HOST, host);
    if protocol == Protocol::ConnectionPerRequest {
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(request)
}

/// Reads an answer to its end; `failure` sorts what may go wrong meanwhile.
///
/// # Errors
/// As [`RequestError`] tells them apart.
pub async fn read<F>(response: Response<Incoming>, failure: F) -> Result<Uuid, RequestError>
where
    F: FnOnce(&hyper::Error) -> RequestError,
{
    let status = response.status().as_u16();
    let body = crate::collect(response.into_body(), failure).await?;
    answer::uuid(status, &body)
}

/// Sorts a failure on a connection of HTTP/1.1 that stood into ours.
#[must_use]
pub fn failure(error: &hyper::Error) -> RequestError {
    // What is wrong with the chunks of a body is an error of I/O to hyper (`proto/h1/decode.rs`).
    let bad_chunk = |error: &std::io::Error| matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput);
    let bad_chunks = causes(error).any(|cause| cause.downcast_ref().is_some_and(bad_chunk));
    RequestError::Body(if error.is_parse_too_large() {
        BodyError::HeadTooLong
    } else if error.is_parse() || bad_chunks {
        BodyError::NotHttp
    } else {
        // What is left once connected: an end before the answer's, politely or by a reset.
        BodyError::Truncated
    })
}

/// Host and port, as the URL has them: what a connection is to.
#[must_use]
pub fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// What a connection is to, its scheme included: requests may share it where this is the same.
#[must_use]
pub fn origin(url: &Url) -> &str {
    &url[..Position::AfterPort]
}
