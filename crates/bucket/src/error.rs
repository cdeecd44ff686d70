//! Says why a store could not be used: which object, what happened, and what to do.

use std::fmt;
use std::io::{self, ErrorKind};

/// Why a store could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {doing} {object}: {reason}{}", kind.advice(*doing))]
pub struct StoreError {
    /// What was being done.
    pub doing: Doing,
    /// The object, or the store, as its user would name it.
    pub object: String,
    /// What happened, in the words of the system or of the server.
    pub reason: String,
    /// The kind of the failure.
    pub kind: Kind,
}

/// What was being done with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It was opened.
    Open,
    /// Its objects were listed.
    List,
    /// An object was read.
    Read,
    /// An object was created.
    Create,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::List => "list",
            Self::Read => "read",
            Self::Create => "create",
        })
    }
}

/// The kinds of failures, as far as a user has to do something else about each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The object, the folder or the bucket does not exist.
    NotThere,
    /// An object of that name is there, with other content.
    Differs,
    /// The store refuses it to this user.
    Refused,
    /// The store cannot be written at all.
    ReadOnly,
    /// The store has no room.
    Full,
    /// The server does not answer.
    Unreachable,
    /// The server answers that it cannot now.
    Failing,
    /// The server does not know how to create an object only if there is none.
    Unconditional,
    /// The object is larger than any file of the store.
    TooLarge,
    /// A variable is missing or wrong, and the reason says which.
    Setting,
    /// Something else, which the reason says.
    Other,
}

impl Kind {
    /// Returns what to do about it, with the punctuation before it.
    fn advice(self, doing: Doing) -> &'static str {
        match self {
            Self::NotThere if doing == Doing::Read => "",
            Self::NotThere => "; make it first, or correct the address",
            Self::Differs => {
                "; nothing was overwritten: look at both, and give one of them another place, because what a store \
                 holds is never changed"
            }
            Self::Refused => {
                "; ask for the right to list, read and create objects there, or use another key or another user"
            }
            Self::ReadOnly => "; name a store that can be written",
            Self::Full => "; make room there, and call the same command again",
            Self::Unreachable => "; look at AWS_ENDPOINT_URL and at the network, and call the same command again",
            Self::Failing => "; call the same command again later",
            Self::Unconditional => {
                "; use a server that knows the header If-None-Match, because without it two writers could overwrite \
                 each other"
            }
            Self::TooLarge => "; it is none of the store's files",
            Self::Setting | Self::Other => "",
        }
    }
}

impl StoreError {
    /// Makes the error of a failure that the system reports.
    pub(crate) fn of_io(doing: Doing, object: impl Into<String>, error: &io::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotThere,
            ErrorKind::PermissionDenied => Kind::Refused,
            ErrorKind::ReadOnlyFilesystem => Kind::ReadOnly,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Kind::Full,
            ErrorKind::FileTooLarge => Kind::TooLarge,
            _ => Kind::Other,
        };
        Self { doing, object: object.into(), reason: error.to_string(), kind }
    }

    /// Makes the error of a missing or wrong setting.
    pub(crate) fn setting(object: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { doing: Doing::Open, object: object.into(), reason: reason.into(), kind: Kind::Setting }
    }
}
