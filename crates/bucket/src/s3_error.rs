//! Says in a few words why a server did not do what it was asked for.
//!
//! The library keeps the type of its own errors to itself, and shows the status and the body of an answer in a text
//! of several lines. What a user has to know is taken from there: the status, and the server's code and message
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).

use std::error::Error;
use std::iter;

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::Kind;

/// The most characters of a text that is not understood.
const MOST: usize = 300;

/// Returns the kind of the failure, and what happened.
pub(crate) fn told(error: &object_store::Error) -> (Kind, String) {
    let chain = || chain(error);
    if let Some(http) = chain().find_map(|error| error.downcast_ref::<HttpError>()) {
        let last = chain().last().map(ToString::to_string).unwrap_or_default();
        return match http.kind() {
            HttpErrorKind::Connect => (Kind::Unreachable, format!("the server cannot be reached: {last}")),
            HttpErrorKind::Timeout => (Kind::Unreachable, "the server did not answer in time".into()),
            _ => (Kind::Unreachable, format!("the connection to the server broke: {last}")),
        };
    }
    let text = error.to_string();
    let Some(status) = status(&text) else { return (of_type(error), shortened(&text)) };
    let code = member(&text, "Code").unwrap_or_default();
    let message = member(&text, "Message").unwrap_or_default();
    let said = [code, message].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(": ");
    let said = if said.is_empty() { String::new() } else { format!(" ({})", shortened(&said)) };
    let kind = match (status, code) {
        (401 | 403, _) => Kind::Refused,
        (404, _) => Kind::NotThere,
        // 507 is Insufficient Storage (RFC 4918, section 11.5); the codes are those of MinIO, Ceph and others.
        (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull" | "StorageFull") => Kind::Full,
        (405, _) | (_, "MethodNotAllowed") => Kind::ReadOnly,
        (501, _) => Kind::Unconditional,
        (500..=599 | 429, _) => Kind::Failing,
        _ => Kind::Other,
    };
    (kind, format!("the server answered {status}{said}"))
}

/// Returns an error, and the errors that caused it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Returns the status in the text of an error.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// Returns what the server's answer, in XML, has between two marks.
fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn of_type(error: &object_store::Error) -> Kind {
    match error {
        object_store::Error::NotFound { .. } => Kind::NotThere,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => Kind::Refused,
        _ => Kind::Other,
    }
}

/// Returns a text in one line, and not the whole of a page that some proxy sent.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}
