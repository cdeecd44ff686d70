//! Creates an object once. What is there is never overwritten: it is the same, or it is an error.

use crate::bucket::{Bucket, Place};
use crate::error::{Doing, Kind, StoreError};
use crate::object::Part;

/// What came of creating an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// An object of the same name and content was there already.
    AlreadyThere,
}

impl Bucket {
    /// Creates the object `name` with these bytes. If an object of that name is there, it stays as it is, and
    /// `is_same` says whether its bytes, where they differ from the new ones, mean the same.
    ///
    /// # Errors
    /// [`Kind::Differs`] if the object that is there means something else; another error if the object cannot be
    /// created. Nothing is then left behind.
    pub fn create(&self, name: &str, bytes: &[u8], is_same: impl Fn(&[u8]) -> bool) -> Result<Created, StoreError> {
        let judge = |there: &[u8]| {
            if there == bytes || is_same(there) {
                return Ok(Created::AlreadyThere);
            }
            let object = self.path(name).display().to_string();
            let reason = "an object of that name with other content is there".into();
            Err(StoreError { doing: Doing::Create, object, reason, kind: Kind::Differs })
        };
        // A server that does not heed the condition of a creation would overwrite. This finds what was there before.
        match self.read(name) {
            Ok(there) => return judge(&there),
            // A key that may only create is refused here. The condition of the creation then stands alone.
            Err(error) if matches!(error.kind, Kind::NotThere | Kind::Refused) => {}
            Err(error) => return Err(StoreError { doing: Doing::Create, ..error }),
        }
        if self.create_once(name, bytes)? {
            return Ok(Created::New);
        }
        judge(&self.read(name)?)
    }

    /// Reads an object.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than [`LIMIT`](crate::LIMIT).
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.read(name, Part::Whole),
            Place::Objects(objects) => objects.read(name),
        }
    }

    fn create_once(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.create(name, bytes),
            Place::Objects(objects) => objects.create(name, bytes),
        }
    }
}
