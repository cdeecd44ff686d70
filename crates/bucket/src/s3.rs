//! A store in a bucket of an S3-compatible server. It needs of the server: PUT with `If-None-Match: *`, GET, and
//! version 2 of listing (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use tokio::runtime::{Builder, Runtime};
use tokio::task;

use crate::error::{Doing, Kind, StoreError};
use crate::object::{LIMIT, Object, Part, Read};
use crate::{s3_error, settings};

/// The most objects that are read at one time.
const AT_ONCE: usize = 16;

/// The objects of a bucket whose names begin with a prefix.
#[derive(Debug)]
pub(crate) struct Objects {
    store: AmazonS3,
    prefix: Path,
    /// What messages show before an object's name.
    named: String,
    runtime: Runtime,
}

impl Objects {
    /// Prepares to reach a bucket. Nothing is sent yet.
    pub(crate) fn open(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        let named = if prefix.is_empty() { format!("s3://{bucket}") } else { format!("s3://{bucket}/{prefix}") };
        // The only possible error is that the program has chosen already, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wrong = |error: &dyn std::fmt::Display| StoreError::setting(&named, error.to_string());
        let prefix = Path::parse(prefix).map_err(|error| wrong(&error))?;
        let builder = settings::builder(&named)?.with_bucket_name(bucket);
        let store = builder.build().map_err(|error| wrong(&error))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| wrong(&error))?;
        Ok(Self { store, prefix, named, runtime })
    }

    fn location(&self, name: &str) -> Path {
        self.prefix.parts().chain(Path::from(name).parts()).collect()
    }

    fn failed(&self, doing: Doing, name: &str, error: &object_store::Error) -> StoreError {
        let (kind, reason) = s3_error::told(error);
        StoreError { doing, object: format!("{}/{name}", self.named), reason, kind }
    }

    /// Lists what is below a folder.
    pub(crate) fn list(&self, below: &str) -> Result<Vec<Object>, StoreError> {
        let location = self.location(below);
        let listed = self.runtime.block_on(self.store.list(Some(&location)).try_collect::<Vec<_>>());
        let listed = listed.map_err(|error| self.failed(Doing::List, below, &error))?;
        Ok(listed.iter().filter_map(|found| self.object(found)).collect())
    }

    fn object(&self, found: &ObjectMeta) -> Option<Object> {
        let below = found.location.prefix_match(&self.prefix)?;
        let name = below.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
        let stamp = found.e_tag.clone().unwrap_or_else(|| found.last_modified.to_rfc3339());
        Some(Object { name, length: found.size, stamp })
    }

    /// Reads an object.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.runtime.block_on(self.fetch(name))
    }

    async fn fetch(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let failed = |error| self.failed(Doing::Read, name, &error);
        let found = self.store.get(&self.location(name)).await.map_err(failed)?;
        if found.meta.size > LIMIT {
            return Err(self.too_large(name, found.meta.size));
        }
        Ok(found.bytes().await.map_err(failed)?.to_vec())
    }

    async fn fetch_end(&self, object: &Object, length: u64) -> Result<Vec<u8>, StoreError> {
        let range = object.length.saturating_sub(length)..object.length;
        let read = self.store.get_range(&self.location(&object.name), range).await;
        Ok(read.map_err(|error| self.failed(Doing::Read, &object.name, &error))?.to_vec())
    }

    fn too_large(&self, name: &str, length: u64) -> StoreError {
        let object = format!("{}/{name}", self.named);
        let reason = format!("it has {length} bytes, and a file of the store has at most {LIMIT}");
        StoreError { doing: Doing::Read, object, reason, kind: Kind::TooLarge }
    }

    /// Reads the objects, [`AT_ONCE`] at a time, until `keep` says that it is enough.
    pub(crate) fn read_each<T, F>(
        &self,
        objects: Vec<Object>,
        part: Part,
        make: Arc<F>,
        mut keep: impl FnMut(Object, Read<T>) -> bool,
    ) where
        T: Send + 'static,
        F: Fn(&Object, Vec<u8>) -> T + Send + Sync + 'static,
    {
        let one = |object: Object| {
            let make = Arc::clone(&make);
            async move {
                let read = match part {
                    Part::End(length) if length < object.length => self.fetch_end(&object, length).await,
                    _ if object.length > LIMIT => Err(self.too_large(&object.name, object.length)),
                    _ => self.fetch(&object.name).await,
                };
                let bytes = match read {
                    Ok(bytes) => bytes,
                    Err(error) => return (object, Err(error)),
                };
                // Parsing is most of the work, so that it is done on other threads than the waiting.
                let made = task::spawn_blocking(move || {
                    let made = make(&object, bytes);
                    (object, Ok(made))
                });
                made.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
            }
        };
        self.runtime.block_on(async {
            let mut reading = stream::iter(objects).map(one).buffer_unordered(AT_ONCE);
            while let Some((object, read)) = reading.next().await {
                if keep(object, read) {
                    break;
                }
            }
        });
    }

    /// Creates an object, if there is none of that name. Returns whether it is new.
    pub(crate) fn create(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let options = PutOptions::from(PutMode::Create);
        let payload = PutPayload::from(bytes.to_vec());
        match self.runtime.block_on(self.store.put_opts(&self.location(name), payload, options)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.failed(Doing::Create, name, &error)),
        }
    }
}
