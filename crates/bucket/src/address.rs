//! Reads the address of a store: a folder's path, `file:///PATH`, or `s3://BUCKET/PREFIX`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// The address of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A folder.
    Folder(PathBuf),
    /// Objects of a bucket, whose names all begin with the prefix.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The parts of the prefix with `/` between them; empty for the whole bucket.
        prefix: String,
    },
}

/// Why a text is not the address of a store. The error does not repeat the text, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no text.
    #[error("the address of the store is empty: give a folder, or s3://BUCKET/PREFIX")]
    Empty,
    /// There is a name or a password before an `@`.
    #[error(
        "the address of the store holds a name or a password, which every user of this machine can read while the \
         command runs: put the key into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and leave it out of the address"
    )]
    Password,
    /// It begins with another scheme.
    #[error(
        "the address of the store begins with a scheme that is unknown here: give a folder, file:///PATH or \
        s3://BUCKET/PREFIX; the address of an S3-compatible server goes into AWS_ENDPOINT_URL"
    )]
    Scheme,
    /// The path of a `file:` address is not on this machine.
    #[error("the address of the store is no path of this machine: file: takes three slashes, as in file:///srv/runs")]
    File,
    /// The bucket cannot have that name.
    #[error(
        "the address of the store has no bucket, or one whose name cannot be a bucket's: give s3://BUCKET/PREFIX, \
         where BUCKET has 3 to 63 letters, digits, points, hyphens and underscores"
    )]
    Bucket,
    /// The prefix cannot be the beginning of names.
    #[error(
        "the address of the store has a prefix that cannot begin the names of its objects: it may hold no `?`, `#`, \
         `%`, backslash or control character, and no part that is empty, `.` or `..`"
    )]
    Prefix,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Folder(text.into())) };
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(AddressError::Password);
        }
        match scheme.to_ascii_lowercase().as_str() {
            "file" => {
                let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
                path.map(Self::Folder).ok_or(AddressError::File)
            }
            "s3" => s3(rest),
            _ => Err(AddressError::Scheme),
        }
    }
}

fn s3(rest: &str) -> Result<Address, AddressError> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_harmless) || bucket.starts_with('.') {
        return Err(AddressError::Bucket);
    }
    let prefix = prefix.trim_end_matches('/');
    let is_foreign = |c: char| c.is_control() || matches!(c, '?' | '#' | '%' | '\\');
    let is_bad = |part: &str| matches!(part, "" | "." | "..");
    if prefix.contains(is_foreign) || (!prefix.is_empty() && prefix.split('/').any(is_bad)) {
        return Err(AddressError::Prefix);
    }
    Ok(Address::S3 { bucket: bucket.into(), prefix: prefix.into() })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_bucket_are_told_apart() {
        let s3 = |bucket: &str, prefix: &str| Address::S3 { bucket: bucket.into(), prefix: prefix.into() };
        let cases = [
            ("results", Address::Folder("results".into()), "results"),
            ("/srv/run s", Address::Folder("/srv/run s".into()), "/srv/run s"),
            ("file:///srv/run%20s", Address::Folder("/srv/run s".into()), "/srv/run s"),
            ("s3://fleet", s3("fleet", ""), "s3://fleet"),
            ("s3://fleet/", s3("fleet", ""), "s3://fleet"),
            ("S3://fleet/a/b/", s3("fleet", "a/b"), "s3://fleet/a/b"),
        ];
        for (text, address, shown) in cases {
            let read: Address = text.parse().unwrap();
            assert_eq!((&read, read.to_string().as_str()), (&address, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        let cases = [
            ("", AddressError::Empty),
            ("s3://me:hunter2@fleet/runs", AddressError::Password),
            ("https://me:hunter2@host/fleet", AddressError::Password),
            ("https://host/fleet", AddressError::Scheme),
            ("s3a://fleet", AddressError::Scheme),
            ("file://host/srv", AddressError::File),
            ("s3://", AddressError::Bucket),
            ("s3:///runs", AddressError::Bucket),
            ("s3://ab", AddressError::Bucket),
            ("s3://fl eet", AddressError::Bucket),
            ("s3://fleet:9000/runs", AddressError::Bucket),
            ("s3://fleet//runs", AddressError::Prefix),
            ("s3://fleet/../other", AddressError::Prefix),
            ("s3://fleet/runs?x=1", AddressError::Prefix),
            ("s3://fleet/a%2e", AddressError::Prefix),
        ];
        for (text, wrong) in cases {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error, wrong, "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
