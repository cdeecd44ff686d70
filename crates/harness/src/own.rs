//! Reads the user's own requests from a file: a list of URLs, one a line, or requests in TOML or in JSON lines.
//!
//! docs/requests.md has the format. Errors name the line and the field, and show nothing that may be secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fanout_model::{Check, Content, Kept, Request, Roots, Url, answer, redacted};
use fanout_record::input;
use fanout_record::run::Asked;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use toml::Spanned;
use url::Position;

use crate::target::{self, TargetError};

/// The longest file of requests, in bytes.
const MOST_FILE: u64 = 16 << 20;

/// The longest body that is read from a file, in bytes.
const MOST_BODY: u64 = 64 << 20;

/// The most servers that are named where the requests go.
const MOST_SHOWN: usize = 3;

/// The most requests of one file.
const MOST_REQUESTS: usize = 1_000_000;

/// The user's own requests.
#[derive(Clone, Debug)]
pub struct Own {
    /// The requests, in the order of the file.
    pub requests: Vec<Request>,
    /// The certificate roots that https trusts.
    pub roots: Roots,
}

/// Why a file of requests cannot be used: the file, the line, and what is wrong there.
#[derive(Debug, thiserror::Error)]
#[error("{path}{}: {reason}", line.map_or_else(String::new, |line| format!(", line {line}")))]
pub struct OwnError {
    path: String,
    line: Option<usize>,
    reason: String,
}

/// What is wrong with an entry, and in which of its fields.
struct Wrong {
    field: &'static str,
    reason: String,
}

fn wrong(field: &'static str, reason: impl ToString) -> Wrong {
    Wrong { field, reason: reason.to_string() }
}

/// One entry of a file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    request: Vec<Spanned<Entry>>,
}

impl Own {
    /// Reads a file of requests. `ca_file` holds the only roots to trust.
    ///
    /// # Errors
    /// If the file, or a file that it names, cannot be read or is not as described above.
    pub fn read(path: &Path, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let at = |line, reason: String| OwnError { path: path.display().to_string(), line, reason };
        let text = input::text(path, MOST_FILE).map_err(|error| at(None, error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut requests = Vec::new();
        for (line, entry) in entries(&text).map_err(|(line, reason)| at(line, reason))? {
            let times = entry.times.unwrap_or(1);
            let request = request(entry, folder).map_err(|Wrong { field, reason }| {
                let line = line + line_of(field, &text, line);
                at(Some(line), format!("`{field}`: {reason}"))
            })?;
            if times == 0 || requests.len().saturating_add(times) > MOST_REQUESTS {
                let reason = format!("`times`: a number from 1 is needed, and {MOST_REQUESTS} requests are the most");
                return Err(at(Some(line), reason).into());
            }
            requests.extend(std::iter::repeat_n(request, times));
        }
        if requests.is_empty() {
            return Err(at(None, "it holds no request: write one URL a line, or see docs/requests.md".into()).into());
        }
        let https = requests.iter().any(|request| request.url().scheme() == "https");
        Ok(Self { requests, roots: target::roots(ca_file, https)? })
    }

    /// Returns whether any request needs TLS.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        self.requests.iter().any(|request| request.url().scheme() == "https")
    }

    /// Checks that `planned` requests may be sent, the file again and again: see
    /// [`Named::allow`](crate::named::Named::allow).
    pub(crate) fn allow(&self, planned: u64, budget: u64) -> Result<Vec<String>, TargetError> {
        let batches = planned.div_ceil(self.requests.len().max(1) as u64);
        let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
        for url in self.requests.iter().map(Request::url).filter(|url| !target::is_local(url)) {
            let sent = hosts.entry(url.host_str().unwrap_or_default()).or_default();
            *sent = sent.saturating_add(batches);
        }
        let elsewhere = hosts.values().fold(0, |sum: u64, sent| sum.saturating_add(*sent));
        if elsewhere > budget {
            let host = hosts.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(TargetError::OverBudget { planned: elsewhere, host, budget });
        }
        let line = |(host, sent): (&&str, &u64)| format!("{sent} requests will go to {host} (budget {budget})");
        Ok(hosts.iter().map(line).collect())
    }

    /// Returns the servers that the requests go to, as they may be shown and kept.
    pub(crate) fn shown(&self) -> String {
        let mut servers: Vec<String> = Vec::new();
        for url in self.requests.iter().map(Request::url) {
            let server = url[..Position::AfterPort].to_owned();
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        let more = servers.len().saturating_sub(MOST_SHOWN);
        servers.truncate(MOST_SHOWN);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        servers.join(", ") + &rest
    }

    /// Returns what may be recorded of the requests: no query, no value of a header, and no body.
    #[must_use]
    pub fn described(&self) -> Vec<Asked> {
        let same = self.requests.chunk_by(|one, next| one == next);
        same.map(|same| described(&same[0], same.len())).collect()
    }
}

fn described(request: &Request, times: usize) -> Asked {
    let body = request.body();
    let named = request.headers().keys().filter(|name| !matches!(name.as_str(), "accept" | "content-length"));
    Asked {
        method: request.method().to_string(),
        url: redacted(request.url().as_str()),
        headers: named.map(ToString::to_string).collect(),
        body_bytes: body.len() as u64,
        body_hash: (!body.is_empty()).then(|| format!("{:016x}", answer::hash(body))),
        times,
    }
}

/// What a parser says, and the line if it is known.
type Unreadable = (Option<usize>, String);

/// Returns the entries, each with the number of its first line.
fn entries(text: &str) -> Result<Vec<(usize, Entry)>, Unreadable> {
    let lines = || text.lines().map(str::trim).enumerate().map(|(i, line)| (i + 1, line));
    let mut filled = lines().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let Some((_, first)) = filled.next() else { return Ok(Vec::new()) };
    let filled = lines().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    if first.starts_with('{') {
        let entry = |(line, text): (usize, &str)| match serde_json::from_str(text) {
            Ok(entry) => Ok((line, entry)),
            Err(error) => Err((Some(line), said(&error.to_string()))),
        };
        return filled.map(entry).collect();
    }
    if first.starts_with('[') {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_at(text, span.start));
            (line, said(error.message()))
        })?;
        let entry = |entry: Spanned<Entry>| (line_at(text, entry.span().start), entry.into_inner());
        return Ok(file.request.into_iter().map(entry).collect());
    }
    Ok(filled.map(|(line, url)| (line, Entry { url: url.to_owned(), ..Entry::default() })).collect())
}

/// Returns what a parser says, without the position, which it counts in its own way, and without what may be secret:
/// a parser quotes values.
fn said(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    match message.split_once("invalid type") {
        Some((before, after)) => {
            let expected = after.rsplit("expected").next().unwrap_or("another type");
            format!("{before}a value has another type than expected:{expected}").trim().to_owned()
        }
        None => message.to_owned(),
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.matches('\n').count() + 1)
}

/// Returns how many lines after an entry's first line one of its fields is.
fn line_of(field: &str, text: &str, first: usize) -> usize {
    let mut entry = text.lines().skip(first - 1).enumerate();
    let begins_another = |i: usize, line: &str| i > 0 && line.trim_start().starts_with("[[");
    let found = entry.by_ref().take_while(|(i, line)| !begins_another(*i, line)).find(|(_, line)| {
        let rest = line.trim_start().strip_prefix(field);
        rest.is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
    });
    found.map_or(0, |(i, _)| i)
}

fn request(entry: Entry, folder: &Path) -> Result<Request, Wrong> {
    let url = entry.url.parse::<Url>().map_err(|error| {
        let shown = redacted(&entry.url);
        wrong("url", format!("`{shown}` is not a URL ({error}): write it like https://host/path"))
    })?;
    let method = match &entry.method {
        Some(method) => method.parse().map_err(|_| wrong("method", format!("`{method}` is no method of HTTP")))?,
        None if entry.body.is_some() || entry.body_file.is_some() => Method::POST,
        None => Method::GET,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &entry.headers {
        let key: HeaderName =
            name.parse().map_err(|_| wrong("headers", format!("`{name}` is no name of a header")))?;
        let bad = || wrong("headers", format!("the value of `{name}` has a character that no header may have"));
        headers.append(key, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    let check = Check { status: status(&entry)?, content: content(&entry)?, kept: Kept::Not, work: 0 };
    let body = body(entry, folder)?;
    Request::new(method, url, headers, body, check).map_err(|error| wrong("url", error))
}

fn status(entry: &Entry) -> Result<Option<u16>, Wrong> {
    match entry.status {
        Some(status) if !(200..=599).contains(&status) => {
            Err(wrong("status", format!("{status} is no final status of HTTP: give one from 200 to 599")))
        }
        status => Ok(status),
    }
}

fn content(entry: &Entry) -> Result<Content, Wrong> {
    let given = [entry.uuid, entry.json.is_some(), entry.hash.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(wrong("json", "an answer has one check: `uuid`, `json`, or `length` with `hash`"));
    }
    match (&entry.json, entry.length, &entry.hash) {
        (Some(pointer), _, _) if !pointer.is_empty() && !pointer.starts_with('/') => Err(wrong(
            "json",
            format!("`{pointer}` is no JSON pointer (RFC 6901): begin it with a slash, as /items/0"),
        )),
        (Some(pointer), _, _) => Ok(Content::Json { pointer: pointer.clone() }),
        (None, Some(length), Some(hash)) => match u64::from_str_radix(hash, 16) {
            Ok(hash) => Ok(Content::Exactly { length, hash }),
            Err(_) => Err(wrong("hash", "an XXH3 hash of 64 bits has up to 16 hexadecimal digits")),
        },
        (None, Some(_), None) => Err(wrong("length", "give the `hash` as well; `cargo fanout fetch` prints both")),
        (None, None, Some(_)) => Err(wrong("hash", "give the `length` as well; `cargo fanout fetch` prints both")),
        (None, None, None) if entry.uuid => Ok(Content::Uuid),
        (None, None, None) => Ok(Content::Anything),
    }
}

fn body(entry: Entry, folder: &Path) -> Result<Bytes, Wrong> {
    match (entry.body, entry.body_file) {
        (Some(_), Some(_)) => Err(wrong("body_file", "give either `body` or `body_file`")),
        (Some(body), None) => Ok(body.into()),
        (None, Some(file)) => {
            let path = folder.join(file);
            let bytes = input::bytes(&path, MOST_BODY);
            bytes.map(Into::into).map_err(|error| wrong("body_file", format!("{}: {error}", path.display())))
        }
        (None, None) => Ok(Bytes::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Own, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("body.bin"), b"\x00\x01").unwrap();
        let path = folder.path().join("requests");
        fs::write(&path, text).unwrap();
        Own::read(&path, None).map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), ""))
    }

    #[test]
    fn a_list_of_urls_is_the_simplest_form() {
        let own = read("# mine\nhttp://localhost/a\n\n  http://localhost/b  \n").unwrap();
        let paths: Vec<&str> = own.requests.iter().map(|request| request.url().path()).collect();
        assert_eq!(paths, ["/a", "/b"]);
        assert!(own.requests.iter().all(|request| request.check().content == Content::Anything));
        assert!(!own.needs_tls());
    }

    #[test]
    fn toml_and_json_lines_say_the_same() {
        let toml = "[[request]]\nurl = \"http://localhost/\"\nmethod = \"PUT\"\nheaders = { x-a = \"1\" }\n\
                    body_file = \"body.bin\"\nstatus = 201\njson = \"/id\"\ntimes = 2\n\n\
                    [[request]]\nurl = \"http://localhost/b\"\nbody = \"x\"\n";
        let json = "{\"url\": \"http://localhost/\", \"method\": \"PUT\", \"headers\": {\"x-a\": \"1\"}, \
                    \"body_file\": \"body.bin\", \"status\": 201, \"json\": \"/id\", \"times\": 2}\n\
                    {\"url\": \"http://localhost/b\", \"body\": \"x\"}\n";
        let (toml, json) = (read(toml).unwrap(), read(json).unwrap());
        assert_eq!(toml.requests, json.requests);
        assert_eq!(toml.requests.len(), 3);
        assert_eq!((toml.requests[0].method(), toml.requests[2].method()), (&Method::PUT, &Method::POST));
        assert_eq!(toml.requests[0].body(), &b"\x00\x01"[..]);
        assert_eq!(toml.requests[0].check().status, Some(201));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field_and_shows_no_secret() {
        let cases = [
            ("", "it holds no request"),
            ("nonsense\n", "line 1: `url`: `nonsense` is not a URL"),
            ("http://localhost/\nftp://h/?token=secret\n", "line 2: `url`: invalid request: ftp://h/?…"),
            ("http://me:secret@localhost/\n", "line 1: `url`"),
            ("[[request]]\nurl = \"http://localhost/\"\nmethod = \"GE T\"\n", "line 3: `method`"),
            (
                "[[request]]\nurl = \"http://localhost/\"\nheaders = { \"a b\" = \"secret\" }\n",
                "line 3: `headers`: `a b`",
            ),
            ("[[request]]\nurl = \"http://localhost/\"\nheaders = { a = \"secret\\n\" }\n", "line 3: `headers`"),
            ("[[request]]\nurl = \"http://localhost/\"\n\n[[request]]\nurl = 7\n", "line 5"),
            ("[[request]]\nurl = \"http://localhost/\"\nbody_file = \"none\"\n", "line 3: `body_file`: /none"),
            ("[[request]]\nurl = \"http://localhost/\"\nbody_file = \".\"\n", "line 3: `body_file`"),
            ("[[request]]\nurl = \"http://localhost/\"\nbody_file = \"/dev/zero\"\n", "line 3: `body_file`"),
            ("[[request]]\nurl = \"http://localhost/\"\ntimes = 0\n", "`times`"),
            ("[[request]]\nurl = \"http://localhost/\"\nstatus = 42\n", "line 3: `status`"),
            ("[[request]]\nurl = \"http://localhost/\"\nlength = 4\n", "line 3: `length`: give the `hash`"),
            ("[[request]]\nurl = \"http://localhost/\"\nlenght = 4\n", "unknown field `lenght`"),
            ("[[request]]\nurl = \"http://localh", "line 2"),
            ("{\"url\": \"http://localhost/\"}\n{\"url\": \"http://local", "line 2"),
            ("{\"url\": \"http://localhost/\", \"method\": 7}\n", "line 1"),
        ];
        for (text, says) in cases {
            let message = read(text).unwrap_err();
            assert!(message.contains(says) && !message.contains("secret"), "{text}: {message}");
        }
    }

    #[test]
    fn a_file_that_is_none_or_is_too_large_is_named() {
        let says = |path: &str| Own::read(Path::new(path), None).unwrap_err().to_string();
        assert!(says("/no/such/file").starts_with("/no/such/file: "));
        assert!(says("/dev/zero").contains("device"));
        assert!(says("/").starts_with("/: "));
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 30).unwrap();
        let message = says(file.path().to_str().unwrap());
        assert!(message.contains("larger than 16 MiB"), "{message}");
    }

    #[test]
    fn what_is_recorded_holds_no_secret_and_what_goes_elsewhere_has_a_budget() {
        let own = read(
            "[[request]]\nurl = \"https://example.org/?token=secret\"\nheaders = { authorization = \"secret\" }\n\
             body = \"secret\"\ntimes = 3\n\n[[request]]\nurl = \"http://localhost/\"\n",
        );
        let own = own.unwrap();
        let described = own.described();
        assert_eq!((described.len(), described[0].times, described[0].body_bytes), (2, 3, 6));
        assert_eq!(described[0].headers, ["authorization"]);
        assert!(!format!("{described:?}").contains("secret"));
        // Three of four requests go elsewhere.
        assert_eq!(own.allow(40, 30).unwrap().len(), 1);
        assert!(own.allow(41, 30).unwrap_err().to_string().contains("FANOUT_LIVE_BUDGET=33"));
        assert_eq!(own.shown(), "https://example.org, http://localhost");
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_read_without_a_panic(text: String, kind in 0_usize..3) {
            let begins = ["", "[[request]]\n", "{\"url\": \"http://localhost/\"}\n"][kind];
            let _ = read(&format!("{begins}{text}"));
        }
    }
}
