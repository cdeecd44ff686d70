//! Remembers whether a server has ever answered in HTTP/2. This alone decides what a broken connection means.
//!
//! Requests that share an HTTP/2 connection learn in different ways that it broke. h2 tells one request what the
//! server did wrong. hyper tells another request, which was waiting for its turn, only that the connection is gone.
//! Which request gets which error is a race. Therefore all of them are judged by one fact that they share: whether
//! this server has ever answered.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use fanout_model::{BodyError, RequestError, Url};

use crate::causes;
use crate::hyper::origin;

/// The servers that have answered in HTTP/2. Clones share the same set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken(Arc<RwLock<HashSet<String>>>);

impl Spoken {
    /// Records that this URL's server sent the head of an answer. After the first time, this only looks the server
    /// up.
    pub(crate) fn answered(&self, url: &Url) {
        if !self.has_answered(url) {
            // A thread that panicked left a valid set, because an insertion is never half done. The same holds below.
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(origin(url).to_owned());
        }
    }

    /// Translates an error on an open connection into a [`RequestError`].
    ///
    /// If only the stream of this request ended, h2 knows who ended it. It was the server, which then cut its answer
    /// off, or h2 itself, because the answer had a mistake. If the whole connection ended, the answer was cut off if
    /// the server has answered before. A server that has never answered does not speak HTTP/2.
    pub(crate) fn failure(&self, url: &Url, error: &(dyn Error + 'static)) -> RequestError {
        let http2 = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
        let cut_off = match http2.filter(|error| error.is_reset()) {
            Some(of_the_stream) => of_the_stream.is_remote(),
            None => self.has_answered(url),
        };
        RequestError::Body(if cut_off { BodyError::Truncated } else { BodyError::NotHttp })
    }

    /// Whether the server of this URL has ever answered.
    pub(crate) fn has_answered(&self, url: &Url) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(origin(url))
    }
}
