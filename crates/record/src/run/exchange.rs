//! Defines what each request of a scenario asks for, and what is done with its answer.

use serde::{Deserialize, Serialize};

/// What each request asks for. Runs of earlier times asked for a UUID only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exchange {
    /// A UUID with `GET`.
    #[default]
    Uuid,
    /// A body with `GET`, which must have exactly the expected bytes.
    Download {
        /// Its length.
        bytes: u64,
        /// Whether the model holds the whole body in memory before it checks it. Otherwise it hashes it as it
        /// arrives.
        kept: bool,
    },
    /// A body is sent with `POST`. The server answers with its length and its hash.
    Upload {
        /// Its length.
        bytes: u64,
    },
    /// The user's own requests, which [`Scenario::asked`](super::Scenario::asked) describes.
    Own,
}

impl Exchange {
    /// Returns whether each request asks for a UUID.
    #[must_use]
    pub fn is_uuid(&self) -> bool {
        *self == Self::Uuid
    }
}

/// How much the processor works on each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// How long it was meant to take, in nanoseconds.
    pub ns: u64,
    /// How many times a hash is hashed for that. It was calibrated on this machine before the first round.
    pub times: u32,
    /// How many processors there were to do it.
    pub processors: usize,
}

/// One of the user's own requests, without what may be secret: no query, no value of a header, and no body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The URL, redacted.
    pub url: String,
    /// The names of the headers that the user gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The length of the body.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub body_bytes: u64,
    /// The XXH3 hash of the body, in hexadecimal; `None` without a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<String>,
    /// How many requests of a batch are this one.
    pub times: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}
