//! Keeps recorded runs in an object store, under the names that they have below `results/`.
//!
//! - [`Address`] says which store: a folder, or `s3://BUCKET/PREFIX`. [`Bucket`] is the opened store. It lists, reads
//!   and creates, and it never overwrites and never deletes.
//! - `folder` does this with files, by the rules of `fanout_record`; `s3` does it with the objects of an
//!   S3-compatible server.
//! - [`StoreError`] names the object, says what happened, and says what to do.
//!
//! Nothing here knows what a run is. All functions block until they are done.

mod address;
mod bucket;
mod create;
mod error;
mod folder;
mod object;
mod s3;
mod s3_error;
mod settings;
mod tally;

pub use address::{Address, AddressError};
pub use bucket::Bucket;
pub use create::Created;
pub use error::{Doing, Kind, StoreError};
pub use object::{LIMIT, Object, Part, Read};
