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
mod create;
mod error;
mod folder;
mod s3;
mod s3_error;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use address::{Address, AddressError};
pub use create::Created;
pub use error::{Doing, Kind, StoreError};
use folder::Folder;
use s3::Objects;

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

/// An opened store.
#[derive(Debug)]
pub struct Bucket {
    address: Address,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(Folder),
    Objects(Box<Objects>),
}

/// The most bytes of an object that is read.
pub const LIMIT: u64 = fanout_record::input::LIMIT;

/// The number of failed readings after which the other objects are not tried any more, unless more readings succeed
/// than fail. A server that has stopped would otherwise be asked thousands of times.
const FAILURES: usize = 20;

impl Bucket {
    /// Opens a store. The folder of a store in a folder must be there. The key, the region and the address of the
    /// server of a bucket are read from the variables `AWS_*`. Nothing is sent yet.
    ///
    /// # Errors
    /// If the folder is not there, or a variable is missing or wrong.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let place = match address {
            Address::Folder(folder) => Place::Folder(Folder::open(folder)?),
            Address::S3 { bucket, prefix } => Place::Objects(Box::new(Objects::open(bucket, prefix)?)),
        };
        Ok(Self { address: address.clone(), place })
    }

    /// Returns the path that messages show for an object, such as `s3://bucket/runs/...`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.address.to_string()).join(name)
    }

    /// Lists the objects whose names begin with the folder `below`, such as `runs`, sorted by name.
    ///
    /// # Errors
    /// If the store cannot be listed.
    pub fn list(&self, below: &str) -> Result<Vec<Object>, StoreError> {
        let mut objects = match &self.place {
            Place::Folder(folder) => folder.list(below)?,
            Place::Objects(objects) => objects.list(below)?,
        };
        objects.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(objects)
    }

    /// Reads these objects, or the last bytes of each, some at a time, and has `make` turn the bytes of each into
    /// something. The result is sorted by the objects' names. An object that cannot be read, or is larger than
    /// [`LIMIT`], is an error in its place.
    ///
    /// # Errors
    /// If so many objects cannot be read that the store seems to have stopped.
    pub fn read_each<T, F>(
        &self,
        objects: Vec<Object>,
        part: Part,
        make: F,
    ) -> Result<Vec<(Object, Read<T>)>, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Object, Vec<u8>) -> T + Send + Sync + 'static,
    {
        let mut done = Vec::with_capacity(objects.len());
        let mut tally = Tally::default();
        let mut keep = |object: Object, read: Read<T>| {
            let given_up = tally.add(read.as_ref().err());
            done.push((object, read));
            given_up
        };
        match &self.place {
            Place::Folder(folder) => {
                for object in objects {
                    let read = folder.read(&object.name, part).map(|bytes| make(&object, bytes));
                    if keep(object, read) {
                        break;
                    }
                }
            }
            Place::Objects(place) => place.read_each(objects, part, Arc::new(make), keep),
        }
        if let Some(given_up) = tally.given_up() {
            return Err(given_up);
        }
        done.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Ok(done)
    }
}

/// What was made of an object, or why it could not be read.
pub type Read<T> = Result<T, StoreError>;

/// How many objects were read, and how many could not be.
#[derive(Default)]
struct Tally {
    read: usize,
    failed: usize,
    first: Option<StoreError>,
}

impl Tally {
    /// Counts one reading. Returns whether the others need not be tried.
    fn add(&mut self, error: Option<&StoreError>) -> bool {
        match error {
            // An object that was deleted after the listing, or is too large, says nothing about the others.
            Some(error) if matches!(error.kind, Kind::NotThere | Kind::TooLarge) => {}
            Some(error) => {
                self.failed += 1;
                self.first.get_or_insert_with(|| error.clone());
            }
            None => self.read += 1,
        }
        self.is_enough()
    }

    fn is_enough(&self) -> bool {
        self.failed >= FAILURES && self.failed > self.read
    }

    fn given_up(self) -> Option<StoreError> {
        let (failed, read) = (self.failed, self.read);
        let is_enough = self.is_enough();
        let first = self.first.filter(|_| is_enough)?;
        Some(StoreError {
            reason: format!("{}, and so it was with {failed} objects; {read} were read", first.reason),
            ..first
        })
    }
}
