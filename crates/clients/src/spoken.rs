//! Whether a server has ever answered in HTTP/2: what a broken connection means depends on that, and on nothing else.
//!
//! Requests that share a broken connection of HTTP/2 learn of its end from different sides. h2 tells one what the
//! server did wrong; hyper tells another, which waited for its turn, only that the connection is gone. Which request
//! is told what is a race. So all of them are judged by a fact that they share: whether this server has ever
//! answered.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use fanout_model::{BodyError, RequestError, Url};

use crate::causes;
use crate::hyper::origin;

/// The servers that have answered in HTTP/2. Made to be shared: clones know the same servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken(Arc<RwLock<HashSet<String>>>);

impl Spoken {
    /// Takes note that the head of an answer came from this URL's server. Every time but the first, this is a
    /// look-up.
    pub(crate) fn answered(&self, url: &Url) {
        if !self.has_answered(url) {
            // An insertion is whole or not at all: whoever panicked left a good set. The same holds below.
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(origin(url).to_owned());
        }
    }

    /// Sorts a failure on a connection that stood into ours.
    ///
    /// Where the stream of this request alone ended, h2 knows who ended it: the server, which has then cut its answer
    /// off, or h2 itself, because of a mistake in the answer. Where the connection ended, the answer was cut off if
    /// the server has answered before; a server that never has does not speak HTTP/2.
    pub(crate) fn failure(&self, url: &Url, error: &(dyn Error + 'static)) -> RequestError {
        let http2 = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
        let cut_off = match http2.filter(|error| error.is_reset()) {
            Some(of_the_stream) => of_the_stream.is_remote(),
            None => self.has_answered(url),
        };
        RequestError::Body(if cut_off { BodyError::Truncated } else { BodyError::NotHttp })
    }

    fn has_answered(&self, url: &Url) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(origin(url))
    }
}
