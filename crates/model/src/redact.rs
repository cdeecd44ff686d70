//! Makes URLs safe to show and to keep: a query, a fragment or credentials may hold a secret, such as `?token=...`.
//!
//! Every URL that is printed, written to a run file or drawn on a page is redacted here. Only requests use the whole
//! URL.

use url::Url;

/// Replaces what is not shown.
const HIDDEN: char = '…';

/// A text that is, or should be, a URL, without the parts that may be secret: `https://…@host/path?…#…`. A text that
/// is not a URL loses everything before its last `@`, and everything from its first `?` or `#` on.
#[must_use]
pub fn redacted(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if !url.cannot_be_a_base() => of_url(&url).unwrap_or_else(|| text.to_owned()),
        // For example `localhost:8080`, which parses as a URL with the scheme `localhost`.
        _ => of_text(text),
    }
}

/// A text that may contain URLs among other words, with every URL [`redacted`].
#[must_use]
pub fn redacted_within(text: &str) -> String {
    let ends_a_url = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
    let show = |piece: &str| {
        let url = piece.trim_end_matches(ends_a_url);
        let shown = if url.contains("://") { redacted(url) } else { url.to_owned() };
        shown + &piece[url.len()..]
    };
    text.split_inclusive(ends_a_url).map(show).collect()
}

/// The redacted URL; `None` if it has nothing to hide.
fn of_url(url: &Url) -> Option<String> {
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !has_credentials && url.query().is_none() && url.fragment().is_none() {
        return None;
    }
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // These calls fail only for a URL without a host, which has no credentials either.
    let _ = shown.set_username("").and_then(|()| shown.set_password(None));
    let mut text = shown.to_string();
    if has_credentials {
        text = text.replacen("://", &format!("://{HIDDEN}@"), 1);
    }
    if url.query().is_some() {
        text.extend(['?', HIDDEN]);
    }
    if url.fragment().is_some() {
        text.extend(['#', HIDDEN]);
    }
    Some(text)
}

fn of_text(text: &str) -> String {
    // A query may contain something that looks like a scheme (RFC 3986, section 3.1).
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let split = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
    let (scheme, rest) = split.unwrap_or(("", text));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let (before, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let shown = match rest.find(['?', '#']) {
        Some(end) => format!("{}{HIDDEN}", &rest[..=end]),
        None => rest.to_owned(),
    };
    format!("{scheme}{separator}{before}{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_a_fragment_and_credentials_are_not_shown() {
        let cases = [
            ("https://httpbin.org/uuid", "https://httpbin.org/uuid"),
            ("http://localhost", "http://localhost"),
            ("https://httpbin.org/uuid?token=secret", "https://httpbin.org/uuid?…"),
            ("https://httpbin.org/uuid#secret", "https://httpbin.org/uuid#…"),
            ("https://me:secret@httpbin.org:8080/a?secret#secret", "https://…@httpbin.org:8080/a?…#…"),
            ("https://secret@[::1]/", "https://…@[::1]/"),
            // Texts that are not a server's URL.
            ("localhost:8080/?secret", "localhost:8080/?…"),
            ("httpbin.org/uuid?token=secret", "httpbin.org/uuid?…"),
            ("http://me:secret@[::1/uuid", "http://…@[::1/uuid"),
            ("http://me:sec?secret@host:port/", "http://…@host:port/"),
            ("me:secret@host#secret", "…@host#…"),
            ("localhost:8080/uuid?token=secret&next=http://host/", "localhost:8080/uuid?…"),
            ("host/uuid?token=secret&next=http://me:secret@host/", "…@host/"),
            ("", ""),
        ];
        for (text, shown) in cases {
            assert_eq!(redacted(text), shown, "{text}");
        }
    }

    #[test]
    fn a_url_among_other_words_is_found_there() {
        let text = "{\"urls\": [\"http://a/?token=secret\", 'http://me:secret@b/']}: is it a URL?\n http://c/?secret";
        let shown = "{\"urls\": [\"http://a/?…\", 'http://…@b/']}: is it a URL?\n http://c/?…";
        assert_eq!(redacted_within(text), shown);
    }
}
