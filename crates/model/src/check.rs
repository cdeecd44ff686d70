//! What makes an answer good, and what is done with it: the same in every model.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::hash;

/// What makes an answer good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Check {
    /// The status that is expected; `None` for any from 200 to 299.
    pub status: Option<u16>,
    /// What the body must hold.
    pub content: Content,
    /// Where the body goes while it arrives.
    pub kept: Kept,
    /// How much the processor works on each answer: this many times, a hash is hashed.
    pub work: u32,
}

impl Check {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What the body of an answer must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A JSON object with the member `uuid`, as httpbin's `GET /uuid` returns it.
    #[default]
    Uuid,
    /// Anything, also nothing.
    Anything,
    /// Exactly these bytes.
    Exactly {
        /// Their number.
        length: u64,
        /// Their [`hash`](crate::answer::hash).
        hash: u64,
    },
    /// JSON in which this pointer leads to a value (RFC 6901), such as `/items/0/id`.
    Json {
        /// The pointer.
        pointer: String,
    },
}

impl Content {
    /// Exactly these bytes.
    #[must_use]
    pub fn exactly(bytes: &[u8]) -> Self {
        Self::Exactly { length: bytes.len() as u64, hash: hash(bytes) }
    }
}

/// Where the body of an answer goes while it arrives. A body that must be parsed is always held in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Nowhere: it is hashed as it arrives, and never in memory as a whole.
    #[default]
    Not,
    /// In memory as a whole, until it has been checked.
    InMemory,
    /// In this file, which replaces an older one once the answer is whole and good.
    InFile(PathBuf),
}

/// What a check found in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Found {
    /// The UUID.
    Uuid(Uuid),
    /// A body of another kind.
    Body {
        /// Its length in bytes.
        length: u64,
        /// Its [`hash`](crate::answer::hash).
        hash: u64,
    },
}

impl Found {
    /// The UUID, if that is what was found.
    #[must_use]
    pub fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Body { .. } => None,
        }
    }
}

impl From<&[u8]> for Found {
    /// What a body with these bytes is found to be.
    fn from(body: &[u8]) -> Self {
        Self::Body { length: body.len() as u64, hash: hash(body) }
    }
}

impl From<Uuid> for Found {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}
