//! An opened store: what is in it, and reading many objects at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::address::Address;
use crate::error::StoreError;
use crate::folder::Folder;
use crate::object::{Object, Part, Read};
use crate::s3::Objects;
use crate::tally::Tally;

/// An opened store.
#[derive(Debug)]
pub struct Bucket {
    address: Address,
    pub(crate) place: Place,
}

/// Where the objects are.
#[derive(Debug)]
pub(crate) enum Place {
    Folder(Folder),
    Objects(Box<Objects>),
}

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
    /// [`LIMIT`](crate::LIMIT), is an error in its place.
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
