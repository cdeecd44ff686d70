//! What a store holds, and how much of it is read.

use crate::error::StoreError;

/// An object of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The name, below the beginning of the store, with `/` between its parts.
    pub name: String,
    /// The length in bytes.
    pub length: u64,
    /// A text that is another one after the object was written anew.
    pub stamp: String,
}

/// How much of an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// So many bytes at its end, or all of it if it has fewer.
    End(u64),
}

/// The most bytes of an object that is read.
pub const LIMIT: u64 = fanout_record::input::LIMIT;

/// What was made of an object, or why it could not be read.
pub type Read<T> = Result<T, StoreError>;
