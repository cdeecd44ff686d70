//! Makes a request of one entry of a file of requests.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fanout_model::{Check, Content, Kept, Request, Url, redacted};
use fanout_record::input;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

/// The longest body that is read from a file, in bytes.
const MOST_BODY: u64 = 64 << 20;

/// The most bytes of all bodies that are read from files.
const MOST_BODIES: usize = 256 << 20;

/// What is wrong with an entry, and in which of its fields.
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) reason: String,
}

fn wrong(field: &'static str, reason: impl ToString) -> Wrong {
    Wrong { field, reason: reason.to_string() }
}

/// One entry of a file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Entry {
    url: String,
    method: Option<String>,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_file: Option<PathBuf>,
    times: Option<usize>,
    status: Option<u16>,
    uuid: bool,
    json: Option<String>,
    length: Option<u64>,
    hash: Option<String>,
}

/// The bodies that were read from files, each once.
pub(super) struct Bodies {
    folder: PathBuf,
    read: HashMap<PathBuf, Bytes>,
    all: usize,
}

impl Bodies {
    /// Relative paths begin in this folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: HashMap::new(), all: 0 }
    }

    fn at(&mut self, file: &Path) -> Result<Bytes, Wrong> {
        if let Some(body) = self.read.get(file) {
            return Ok(body.clone());
        }
        let path = self.folder.join(file);
        let bytes = input::bytes(&path, MOST_BODY);
        let body: Bytes = bytes.map_err(|error| wrong("body_file", format!("{}: {error}", path.display())))?.into();
        self.all += body.len();
        if self.all > MOST_BODIES {
            return Err(wrong("body_file", format!("all bodies together have more than {} MiB", MOST_BODIES >> 20)));
        }
        self.read.insert(file.to_owned(), body.clone());
        Ok(body)
    }
}

impl Entry {
    /// An entry that has a URL only.
    pub(super) fn of(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    /// How often the request is made.
    pub(super) fn times(&self) -> Result<usize, Wrong> {
        match self.times.unwrap_or(1) {
            0 => Err(wrong("times", "a number from 1 is needed")),
            times => Ok(times),
        }
    }

    pub(super) fn request(self, bodies: &mut Bodies) -> Result<Request, Wrong> {
        let url = self.url.parse::<Url>().map_err(|error| {
            let shown = redacted(&self.url);
            wrong("url", format!("`{shown}` is not a URL ({error}): write it like https://host/path"))
        })?;
        let method = match &self.method {
            Some(method) => {
                method.parse().map_err(|_| wrong("method", format!("`{method}` is no method of HTTP")))?
            }
            None if self.body.is_some() || self.body_file.is_some() => Method::POST,
            None => Method::GET,
        };
        let (headers, status, content) = (self.headers()?, self.status()?, self.content()?);
        let check = Check { status, content, kept: Kept::Not, work: 0 };
        let body = match (self.body, self.body_file) {
            (Some(_), Some(_)) => return Err(wrong("body_file", "give either `body` or `body_file`")),
            (Some(body), None) => body.into(),
            (None, Some(file)) => bodies.at(&file)?,
            (None, None) => Bytes::new(),
        };
        Request::new(method, url, headers, body, check).map_err(|error| wrong("url", error))
    }

    fn headers(&self) -> Result<HeaderMap, Wrong> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let key: HeaderName =
                name.parse().map_err(|_| wrong("headers", format!("`{name}` is no name of a header")))?;
            let bad = || wrong("headers", format!("the value of `{name}` has a character that no header may have"));
            let value = HeaderValue::from_str(value).map_err(|_| bad())?;
            headers.try_append(key, value).map_err(|_| wrong("headers", "there are too many of them"))?;
        }
        Ok(headers)
    }

    fn status(&self) -> Result<Option<u16>, Wrong> {
        match self.status {
            Some(status) if !(200..=599).contains(&status) => {
                Err(wrong("status", format!("{status} is no final status of HTTP: give one from 200 to 599")))
            }
            status => Ok(status),
        }
    }

    fn content(&self) -> Result<Content, Wrong> {
        let bytes = self.length.is_some() || self.hash.is_some();
        if [self.uuid, self.json.is_some(), bytes].iter().filter(|given| **given).count() > 1 {
            let field = if self.json.is_some() { "json" } else { "uuid" };
            return Err(wrong(field, "an answer has one check: `uuid`, `json`, or `length` with `hash`"));
        }
        match (&self.json, self.length, &self.hash) {
            (Some(pointer), _, _) if !pointer.is_empty() && !pointer.starts_with('/') => Err(wrong(
                "json",
                format!("`{pointer}` is no JSON pointer (RFC 6901): begin it with a slash, as /items/0"),
            )),
            (Some(pointer), _, _) => Ok(Content::Json { pointer: pointer.clone() }),
            (None, Some(length), Some(hash)) => match u64::from_str_radix(hash, 16) {
                Ok(hash) => Ok(Content::Exactly { length, hash }),
                Err(_) => Err(wrong("hash", "an XXH3 hash of 64 bits has up to 16 hexadecimal digits")),
            },
            (None, Some(_), None) => {
                Err(wrong("length", "give the `hash` as well; `cargo fanout fetch` prints both"))
            }
            (None, None, Some(_)) => {
                Err(wrong("hash", "give the `length` as well; `cargo fanout fetch` prints both"))
            }
            (None, None, None) if self.uuid => Ok(Content::Uuid),
            (None, None, None) => Ok(Content::Anything),
        }
    }
}
