//! Reads and writes files by rules that are the same everywhere. [`input`] and [`output`] say which files are read
//! and written, and how. [`read`] and [`write`](mod@write) apply these rules to the files of the store and to those
//! that are derived from them, as JSON.

pub mod input;
pub mod output;
mod place;
pub mod read;
pub(crate) mod temporary;
pub mod write;
pub(crate) mod zstd;
