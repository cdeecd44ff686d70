//! Reads the files of the store, and those that are derived from them. An error names the file and says what is wrong
//! with it.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserializer;
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::{input, zstd};
use crate::machine::Machine;
use crate::price::{self, Prices};
use crate::run::{Run, SCHEMA};
use crate::store::annotation::{self, Annotation};

/// Why a file of the store cannot be read. Each variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file does not exist, may not be read, or is nothing that [`input`] reads.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is cut, or is something else.
    #[error("{} is not a whole run file", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
        /// Where and how the file differs from a valid one.
        source: Fault,
    },
    /// The file is not what a [`Prices`] is written as.
    #[error("{} is not a whole file of prices", path.display())]
    NotPrices {
        /// The file.
        path: PathBuf,
        /// Where and how the file differs from a valid one.
        source: Fault,
    },
    /// The file holds prices, and a run was wanted.
    #[error(
        "{} holds prices and no run: the page of a run shows them beside it, and `cargo fanout record --price` \
         records them",
        path.display()
    )]
    PricesInstead {
        /// The file.
        path: PathBuf,
    },
    /// The file is not an annotation, or not one that can be applied.
    #[error("{} is not a whole annotation", path.display())]
    NotAnAnnotation {
        /// The file.
        path: PathBuf,
        /// Where and how the file differs from a valid one.
        source: Fault,
    },
    /// The file is not what a [`crate::machine::Machine`] is written as.
    #[error("{} is not a whole machine file", path.display())]
    NotAMachine {
        /// The file.
        path: PathBuf,
        /// Where and how the file differs from a valid one.
        source: Fault,
    },
    /// A later version of this program wrote the file.
    #[error("{} has schema {schema}, and this program knows up to {known}: use a later version", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// The schema of the file.
        schema: u64,
        /// The latest schema that this program knows.
        known: u32,
    },
}

/// What is wrong with the text of a file, in words for a person who may never have opened one.
#[derive(Debug)]
pub struct Fault(serde_json::Error);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Eof => {
                write!(f, "it ends too early (line {line}, column {column}), as a file does that was cut")
            }
            Category::Syntax => write!(f, "it is not JSON (line {line}, column {column}: {})", without_place(error)),
            // A fault that is no place's was found by this program, which says it in words.
            Category::Data | Category::Io if line == 0 => write!(f, "{error}"),
            Category::Data | Category::Io => write!(f, "it is not what fanout writes: {error}"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

/// serde's words without their end, which is the place.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rsplit_once(" at line ").map_or(words.clone(), |(words, _)| words.to_owned())
}

/// Reads a run file, compressed or not.
///
/// # Errors
/// If the file is missing, cut, of a later schema, or not a run.
pub fn run(path: &Path) -> Result<Run, ReadError> {
    parse(path, &bytes_of(path)?)
}

/// Reads a run file for its samples, in a third of the time. It reads as [`run`] does, but the arms may be without
/// latencies and timelines. If these are in a frame of their own, as this program writes them, they are not even
/// decompressed.
///
/// # Errors
/// If the file is missing, cut, of a later schema, or not a run.
pub fn samples(path: &Path) -> Result<Run, ReadError> {
    parse_samples(path, &bytes_of(path)?)
}

/// Reads a file of prices.
///
/// # Errors
/// If the file is missing, cut, of a later schema, or does not hold prices.
pub fn prices(path: &Path) -> Result<Prices, ReadError> {
    parse_prices(path, &bytes_of(path)?)
}

/// Returns the prices in the `bytes` of their file. An error names `path`.
///
/// # Errors
/// If the bytes are cut, of a later schema, or do not hold prices.
pub fn parse_prices(path: &Path, bytes: &[u8]) -> Result<Prices, ReadError> {
    let foreign = |path, source| ReadError::NotPrices { path, source };
    of_schema(price::SCHEMA, path, bytes, foreign)
}

/// Reads an annotation.
///
/// # Errors
/// If the file is missing, cut, of a later schema, or not an annotation that can be applied.
pub fn annotation(path: &Path) -> Result<Annotation, ReadError> {
    parse_annotation(path, &bytes_of(path)?)
}

/// Returns the annotation in the `bytes` of its file. An error names `path`.
///
/// # Errors
/// If the bytes are cut, of a later schema, or not an annotation that can be applied.
pub fn parse_annotation(path: &Path, bytes: &[u8]) -> Result<Annotation, ReadError> {
    let foreign = |path, source| ReadError::NotAnAnnotation { path, source };
    let read: Annotation = of_schema(annotation::SCHEMA, path, bytes, foreign)?;
    read.checked().map_err(|error| foreign(path.into(), error.into()))
}

/// Reads a machine's file.
///
/// # Errors
/// If the file is missing, cut, or not a machine.
pub fn machine(path: &Path) -> Result<Machine, ReadError> {
    let bytes = bytes_of(path)?;
    of_json(&bytes).map_err(|error| ReadError::NotAMachine { path: path.into(), source: error.into() })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, ReadError> {
    input::bytes(path, input::LIMIT).map_err(|source| ReadError::Unreadable { path: path.into(), source })
}

/// Returns the run in the `bytes` of a run file. An error names `path`.
///
/// # Errors
/// If the bytes are cut, of a later schema, or not a run.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Run, ReadError> {
    if !zstd::is_compressed(bytes) {
        return run_of(path, bytes);
    }
    let json = zstd::decompress(bytes, input::LIMIT).map_err(|error| damaged(path, &error))?;
    run_of(path, &json)
}

/// Returns the run in the `bytes` of a run file, as [`samples`] reads it. An error names `path`.
///
/// # Errors
/// If the bytes are cut, of a later schema, or not a run.
pub fn parse_samples(path: &Path, bytes: &[u8]) -> Result<Run, ReadError> {
    if !zstd::is_compressed(bytes) {
        return run_of(path, bytes);
    }
    let (mut json, is_all) = zstd::decompress_first(bytes, input::LIMIT).map_err(|error| damaged(path, &error))?;
    if !is_all {
        // The brace that ends both parts is in the other part: see `Run::parts`.
        json.push(b'}');
    }
    run_of(path, &json)
}

fn run_of(path: &Path, json: &[u8]) -> Result<Run, ReadError> {
    of_schema(SCHEMA, path, json, |path, source| match of_json::<Prices>(json) {
        Ok(_) => ReadError::PricesInstead { path },
        Err(_) => ReadError::NotARun { path, source },
    })
}

/// Makes the error about a compressed file that cannot be decompressed.
fn damaged(path: &Path, error: &io::Error) -> ReadError {
    let fault = serde_json::Error::custom(format!("it cannot be decompressed: {error}"));
    ReadError::NotARun { path: path.into(), source: fault.into() }
}

/// Returns what `bytes` hold, unless they are of a later schema than the `known` one, which may differ in everything
/// else.
fn of_schema<T: DeserializeOwned>(
    known: u32,
    path: &Path,
    bytes: &[u8],
    foreign: impl Fn(PathBuf, Fault) -> ReadError,
) -> Result<T, ReadError> {
    let foreign = |error: serde_json::Error| foreign(path.into(), error.into());
    match schema(bytes) {
        Some(schema) if schema > u64::from(known) => {
            // If the file is cut as well, no later version of this program helps.
            let IgnoredAny = of_json(bytes).map_err(foreign)?;
            Err(ReadError::Later { path: path.into(), schema, known })
        }
        _ => of_json(bytes).map_err(foreign),
    }
}

/// Returns what `bytes` hold. It checks at once that all of them are text, which is faster than string by string. If
/// they are not text, the error says where: a reader that builds any JSON finds the place, so that no second reader
/// has to be compiled for each type.
fn of_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    if input::is_utf_16(bytes) {
        return Err(serde_json::Error::custom(input::UTF_16));
    }
    let bytes = input::without_mark(bytes);
    match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(error) => {
            let place = serde_json::from_slice::<Value>(bytes).err();
            Err(place.unwrap_or_else(|| serde_json::Error::custom(error)))
        }
    }
}

/// Finds the member `schema`, and reads no further than that. In a file that this program wrote, it is the first
/// member.
fn schema(bytes: &[u8]) -> Option<u64> {
    struct Head<'a>(&'a mut Option<u64>);

    impl<'de> Visitor<'de> for Head<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
            while let Some(name) = members.next_key::<Cow<'de, str>>()? {
                if name == "schema" {
                    *self.0 = members.next_value()?;
                    return Ok(());
                }
                let IgnoredAny = members.next_value()?;
            }
            Ok(())
        }
    }

    let mut found = None;
    // To serde it is an error that more members follow, but here it is none. The caller finds what is really wrong.
    let _ = serde_json::Deserializer::from_slice(input::without_mark(bytes)).deserialize_map(Head(&mut found));
    found
}
