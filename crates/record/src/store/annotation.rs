//! The schema of an annotation, version 1: a person's word that a change of the figures is accepted, and why.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::time::now;

/// The version of this schema.
pub const SCHEMA: u32 = 1;

/// Whether this names a commit: 7 to 64 hexadecimal digits, in lower case.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// "This change is accepted, because ...".
///
/// It holds for the commits in git's range `after..commit`. Other than in a run, a member that is not known is
/// refused: it may narrow what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    /// A name of its own (ULID), and its file's.
    pub id: String,
    /// The commit that made the change, or the first that was measured with it: 7 to 64 hexadecimal digits.
    pub commit: String,
    /// The last commit without the change; `None` where that is the parent of `commit`.
    pub after: Option<String>,
    /// The id of the model that it is accepted of; `None` for every model.
    pub model: Option<String>,
    /// The question that it is accepted in; `None` for every question.
    pub question: Option<String>,
    /// The id of the machine that it is accepted on; `None` for every machine.
    pub machine: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who says so.
    pub who: String,
    /// When they said so, in RFC 3339.
    pub when: String,
}

impl Annotation {
    /// One of every model, question and machine, with a name of its own, said now.
    #[must_use]
    pub fn new(commit: impl Into<String>, reason: impl Into<String>, who: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA,
            id: Ulid::generate().to_string(),
            commit: commit.into(),
            after: None,
            model: None,
            question: None,
            machine: None,
            reason: reason.into(),
            who: who.into(),
            when: now(),
        }
    }

    /// Sees whether it can be applied, and its author be asked.
    ///
    /// # Errors
    /// The member that stands in the way, and what it should be.
    pub fn check(&self) -> Result<(), String> {
        for (name, commit) in [("commit", Some(&self.commit)), ("after", self.after.as_ref())] {
            if let Some(commit) = commit.filter(|commit| !is_commit(commit)) {
                return Err(format!("{name} {commit:?} is not a commit: 7 to 64 hexadecimal digits, in lower case"));
            }
        }
        // As it is written: small letters are read as well, and would be another file.
        if Ulid::from_string(&self.id).map(|id| id.to_string()).as_ref() != Ok(&self.id) {
            return Err(format!("id {:?} is not a ULID", self.id));
        }
        for (name, text) in [("reason", &self.reason), ("who", &self.who)] {
            if text.trim().is_empty() {
                return Err(format!("{name} is empty"));
            }
        }
        match self.when.parse::<Timestamp>() {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("when {:?} is not a time in RFC 3339: {error}", self.when)),
        }
    }

    /// The same, unless [`Annotation::check`] objects; its word as reading has it.
    pub(crate) fn checked(self) -> Result<Self, serde_json::Error> {
        self.check().map_err(serde_json::Error::custom)?;
        Ok(self)
    }
}
