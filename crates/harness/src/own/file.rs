//! Reads a file of requests: a list of URLs, one a line, or requests in TOML or in JSON lines.
//!
//! Errors name the line and the field, and show nothing that may be secret.

use std::path::Path;

use fanout_model::Request;
use fanout_record::input;
use serde::Deserialize;
use toml::Spanned;

use super::Own;
use super::entry::{Bodies, Entry, Wrong};
use crate::target;

/// The longest file of requests, in bytes.
const MOST_FILE: u64 = 16 << 20;

/// The most requests of one file.
const MOST_REQUESTS: usize = 1_000_000;

/// Why a file of requests cannot be used: the file, the line, and what is wrong there.
#[derive(Debug, thiserror::Error)]
#[error("{path}{}: {reason}", line.map_or_else(String::new, |line| format!(", line {line}")))]
pub struct OwnError {
    path: String,
    line: Option<usize>,
    reason: String,
}

/// What a parser says, and the line if it is known.
type Unreadable = (Option<usize>, String);

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
        let mut bodies = Bodies::of(path.parent().unwrap_or(Path::new("")));
        let mut requests: Vec<Request> = Vec::new();
        for (line, entry) in entries(&text).map_err(|(line, reason)| at(line, reason))? {
            let wrong = |Wrong { field, reason }: Wrong| {
                at(Some(line + lines_before(field, &text, line)), format!("`{field}`: {reason}"))
            };
            let times = entry.times().map_err(wrong)?;
            let request = entry.request(&mut bodies).map_err(wrong)?;
            if requests.len().saturating_add(times) > MOST_REQUESTS {
                return Err(at(Some(line), format!("a file has {MOST_REQUESTS} requests at most")).into());
            }
            requests.extend(std::iter::repeat_n(request, times));
        }
        if requests.is_empty() {
            return Err(at(None, "it holds no request: write one URL a line, or see docs/requests.md".into()).into());
        }
        let https = requests.iter().any(|request| request.url().scheme() == "https");
        Ok(Self { requests, roots: target::roots(ca_file, https)? })
    }
}

/// Returns the entries, each with the number of its first line.
fn entries(text: &str) -> Result<Vec<(usize, Entry)>, Unreadable> {
    let filled = || {
        let lines = text.lines().map(str::trim).enumerate().map(|(i, line)| (i + 1, line));
        lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    };
    let Some((_, first)) = filled().next() else { return Ok(Vec::new()) };
    if first.starts_with('{') {
        let entry = |(line, text): (usize, &str)| match serde_json::from_str(text) {
            Ok(entry) => Ok((line, entry)),
            Err(error) => Err((Some(line), said(&error.to_string()))),
        };
        return filled().map(entry).collect();
    }
    if first.starts_with('[') {
        let begins: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let line_at = |byte: usize| begins.partition_point(|begin| *begin <= byte) + 1;
        let file: File = toml::from_str(text)
            .map_err(|error| (error.span().map(|span| line_at(span.start)), said(error.message())))?;
        let entry = |entry: Spanned<Entry>| (line_at(entry.span().start), entry.into_inner());
        return Ok(file.request.into_iter().map(entry).collect());
    }
    let url = |(line, text): (usize, &str)| {
        // A line of another format may hold what is secret, so that it is not quoted.
        if text.contains([' ', '{', '"']) {
            let what = "it is no URL, and the file begins neither with `[[request]]`, as TOML, nor with `{`, as JSON";
            return Err((Some(line), what.into()));
        }
        Ok((line, Entry::of(text)))
    };
    filled().map(url).collect()
}

/// Returns what a parser says, without the position, which it counts in its own way, and without what may be secret:
/// a parser quotes values.
fn said(message: &str) -> String {
    if ["invalid type", "invalid value", "unknown variant"].iter().any(|begins| message.contains(begins)) {
        let expected = message.rsplit("expected ").next().unwrap_or(message);
        let expected = expected.split(" at line ").next().unwrap_or(expected);
        return format!("a value is not what is expected: {expected}");
    }
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// Returns how many lines of an entry come before the one of a field.
fn lines_before(field: &str, text: &str, first: usize) -> usize {
    let entry = text.lines().skip(first - 1).enumerate();
    let is_of_the_entry = |(i, line): &(usize, &str)| *i == 0 || !line.trim_start().starts_with("[[");
    let found = entry.take_while(is_of_the_entry).find(|(_, line)| {
        let rest = line.trim_start().strip_prefix(field);
        rest.is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
    });
    found.map_or(0, |(i, _)| i)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use fanout_model::Content;
    use http::Method;

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
            ("[[request]]\nurl = \"http://localhost/\"\ntimes = 0\n", "line 3: `times`"),
            ("[[request]]\nurl = \"http://localhost/\"\nstatus = 42\n", "line 3: `status`"),
            ("[[request]]\nurl = \"http://localhost/\"\nlength = 4\n", "line 3: `length`: give the `hash`"),
            ("[[request]]\nurl = \"http://localhost/\"\nlenght = 4\n", "unknown field `lenght`"),
            ("[[request]]\nurl = \"http://localh", "line 2"),
            ("{\"url\": \"http://localhost/\"}\n{\"url\": \"http://local", "line 2"),
            ("{\"url\": \"http://localhost/\", \"method\": 7}\n", "line 1"),
            (
                "{\"url\": \"http://localhost/\", \"times\": \"secret at line 3\"}\n",
                "a value is not what is expected",
            ),
            ("request = [{ url = \"http://localhost/\", headers = { a = \"secret\" } }]\n", "it is no URL"),
            ("secret:x@host/\n", "`url`"),
            (
                "[[request]]\nurl = \"http://localhost/\"\njson = \"/a\"\nlength = 4\n",
                "line 3: `json`: an answer has one",
            ),
        ];
        for (text, says) in cases {
            let message = read(text).unwrap_err();
            assert!(message.contains(says) && !message.contains("secret"), "{text}: {message}");
        }
    }

    #[test]
    fn what_is_very_large_is_refused_or_shared() {
        let headers: String = (0..40_000).map(|i| format!("h{i} = \"\", ")).collect();
        let many =
            format!("[[request]]\nurl = \"http://localhost/\"\nheaders = {{ {} }}\n", headers.trim_end_matches(", "));
        assert!(read(&many).unwrap_err().contains("line 3: `headers`: there are too many"));
        let entry = "[[request]]\nurl = \"http://localhost/\"\nbody_file = \"body.bin\"\n";
        let own = read(&entry.repeat(20_000)).unwrap();
        assert_eq!(own.requests[0].body().as_ptr(), own.requests[19_999].body().as_ptr());
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

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_read_without_a_panic(text: String, kind in 0_usize..3) {
            let begins = ["", "[[request]]\n", "{\"url\": \"http://localhost/\"}\n"][kind];
            let _ = read(&format!("{begins}{text}"));
        }
    }
}
