//! hyper's connection API. It has no pool, no redirects and no proxy; a caller holds its connections itself.
//!
//! This file does not depend on a runtime: it has the request, the answer and the errors. [`http1`] runs on any
//! [`Runtime`], and [`http2`] runs on tokio.

mod deadline;
mod dial;
pub mod http1;
pub mod http2;
mod paced;
mod runtime;
mod tokio;

use std::io::ErrorKind;

use fanout_model::{BodyError, Protocol, Request, RequestError, Url, redacted};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Uri, Version};
use url::Position;

use crate::causes;

pub use self::runtime::Runtime;
pub use self::tokio::{Stream, Tokio};

/// The request as hyper sends it. HTTP/1.1 sends the path, and the host in a header (RFC 9112, section 3.2); HTTP/2
/// sends the whole URL.
///
/// # Errors
/// [`RequestError::Invalid`] if hyper refuses a part of the URL.
pub fn request(request: &Request, protocol: Protocol) -> Result<hyper::Request<Full<Bytes>>, RequestError> {
    let mut built = hyper::Request::new(Full::new(request.body().clone()));
    *built.method_mut() = request.method().clone();
    if protocol == Protocol::Http2 {
        *built.version_mut() = Version::HTTP_2;
        *built.uri_mut() = whole(request)?;
        *built.headers_mut() = request.headers().clone();
        return Ok(built);
    }
    *built.uri_mut() = request.path().clone().into();
    let headers = built.headers_mut();
    headers.insert(HOST, request.authority().clone());
    headers.extend(request.headers().clone());
    if protocol == Protocol::ConnectionPerRequest {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(built)
}

fn whole(request: &Request) -> Result<Uri, RequestError> {
    let uri = Uri::builder().scheme(request.url().scheme()).authority(request.authority().as_bytes());
    let uri = uri.path_and_query(request.path().clone()).build();
    uri.map_err(|error| RequestError::Invalid(format!("{}: {error}", redacted(request.url().as_str()))))
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

/// The scheme, the host and the port. Requests for which these are the same may share a connection.
#[must_use]
pub fn origin(url: &Url) -> &str {
    &url[..Position::AfterPort]
}
