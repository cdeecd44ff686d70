//! What the verbs share about runs in an object store: they put them there, and read them from there.

use std::path::PathBuf;

use anyhow::Context;
use fanout_analysis::history::{self, Digest};
use fanout_bucket::{Address, Bucket, Created, Object, Part, StoreError};
use fanout_record::read;
use fanout_record::store::{self, Bad, ReadFiles, Shipped, Store, is_of_the_store};

use super::say::tell;

/// Opens the store of this address. It is parsed here and not by clap, which would repeat a password.
pub(super) fn open(address: &str) -> anyhow::Result<(Address, Bucket)> {
    let address: Address = address.parse()?;
    let bucket = Bucket::open(&address)?;
    Ok((address, bucket))
}

/// Creates the files of a run in a store, the run's first, so that nothing is there of a run that has no room.
/// Returns the path of the run's file. `is_same` returns whether a run's file that is there holds the same run.
pub(super) fn put(
    address: &str,
    [run, machine]: &[Shipped; 2],
    is_same: impl Fn(&[u8]) -> bool,
) -> anyhow::Result<PathBuf> {
    let (_, bucket) = open(address)?;
    let name = run.place.to_string_lossy();
    let path = bucket.path(&name);
    if bucket.create(&name, &run.bytes, is_same)? == Created::AlreadyThere {
        tell("note: the run is there already, and is the same");
    }
    // As in a folder, the file of a machine says what its name says, whichever version of this program wrote it.
    bucket.create(&machine.place.to_string_lossy(), &machine.bytes, |_| true).with_context(|| {
        format!("{} is there, and the file of its machine is not: call the same command again", path.display())
    })?;
    Ok(path)
}

/// Reads the runs and the annotations of a store as `history` reads those of a folder. What was read once is kept in
/// the target folder, because a run's file never changes.
pub(super) fn digests(address: &str) -> anyhow::Result<(PathBuf, Store<Digest>)> {
    let (address, bucket) = open(address)?;
    let root = PathBuf::from(address.to_string());
    if let Address::Folder(folder) = &address {
        return Ok((root, history::load(folder, &history::folder())));
    }
    let mut files = ReadFiles { runs: Vec::new(), annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() };
    let cache = history::folder_of_objects();
    let mut unread = Vec::new();
    for object in listed(&bucket, "runs", &mut files.bad)? {
        let path = bucket.path(&object.name);
        match history::kept_of_object(&path, &object.stamp, &cache) {
            Some(digest) => files.runs.push((path, digest)),
            None => unread.push(object),
        }
    }
    let at = root.clone();
    let runs = bucket.read_each(unread, Part::Whole, move |object, bytes| {
        history::digest_of_object(&at.join(&object.name), &object.stamp, &bytes, &cache)
    })?;
    sort_out(&bucket, runs, &mut files.runs, &mut files.bad);
    let annotations = listed(&bucket, "annotations", &mut files.bad)?;
    let at = root.clone();
    let annotations = bucket.read_each(annotations, Part::Whole, move |object, bytes| {
        read::parse_annotation(&at.join(&object.name), &bytes)
    })?;
    sort_out(&bucket, annotations, &mut files.annotations, &mut files.bad);
    let store = store::of_read(&root, files, |digest: &Digest| (digest.id.clone(), digest.place.clone()));
    Ok((root, store))
}

/// The objects below a folder that may be files of the store. `bad` gets the others.
fn listed(bucket: &Bucket, below: &str, bad: &mut Vec<Bad>) -> Result<Vec<Object>, StoreError> {
    let is_a_file = |object: &Object| {
        let path = bucket.path(&object.name);
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && is_of_the_store(&path)
    };
    let (files, strays): (Vec<_>, Vec<_>) = bucket.list(below)?.into_iter().partition(is_a_file);
    bad.extend(strays.iter().map(|object| Bad::stray(bucket.path(&object.name))));
    Ok(files)
}

type Parsed<T> = Result<T, read::ReadError>;

/// Keeps what could be read and parsed. `bad` gets the rest, with the reasons.
fn sort_out<T>(
    bucket: &Bucket,
    objects: Vec<(Object, Result<Parsed<T>, StoreError>)>,
    used: &mut Vec<(PathBuf, T)>,
    bad: &mut Vec<Bad>,
) {
    for (object, read) in objects {
        let path = bucket.path(&object.name);
        match read {
            Ok(Ok(content)) => used.push((path, content)),
            Ok(Err(error)) => bad.push(Bad::unreadable(path, &error)),
            Err(error) => bad.push(Bad { path, reason: format!("cannot be read: {}", error.reason) }),
        }
    }
}
