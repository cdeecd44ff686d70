//! Defines the schema of an annotation, version 1. In an annotation, a person says that a change of the figures is
//! accepted, and why.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::time::now;

/// The version of this schema.
pub const SCHEMA: u32 = 1;

/// Returns whether this can name a commit: it is 7 to 64 hexadecimal digits, in lower case.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// An annotation says: "This change is accepted, because ...".
///
/// It holds for the commits in git's range `after..commit`. Unlike in a run, an unknown member is refused, because it
/// may narrow what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    /// The annotation's own name (ULID), which is also the name of its file.
    pub id: String,
    /// The commit that made the change, or the first that was measured with it: 7 to 64 hexadecimal digits.
    pub commit: String,
    /// The last commit without the change; `None` if that is the parent of `commit`.
    pub after: Option<String>,
    /// The id of the model for which the change is accepted; `None` for every model.
    pub model: Option<String>,
    /// The question in which the change is accepted; `None` for every question.
    pub question: Option<String>,
    /// The id of the machine on which the change is accepted; `None` for every machine.
    pub machine: Option<String>,
    /// Why the change is accepted.
    pub reason: String,
    /// The person who accepts the change.
    pub who: String,
    /// When that person accepted it, in RFC 3339.
    pub when: String,
}

impl Annotation {
    /// Makes an annotation for every model, question and machine. It has a name of its own, and the current time.
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

    /// Checks whether the annotation can be applied, and whether its author can be asked.
    ///
    /// # Errors
    /// If a member stands in the way. The error names the member, and says what it should be.
    pub fn check(&self) -> Result<(), String> {
        for (name, commit) in [("commit", Some(&self.commit)), ("after", self.after.as_ref())] {
            if let Some(commit) = commit.filter(|commit| !is_commit(commit)) {
                return Err(format!("{name} {commit:?} is not a commit: 7 to 64 hexadecimal digits, in lower case"));
            }
        }
        // The id must be written in capital letters. Small letters can be read as well, but would name another file.
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

    /// Returns the annotation itself. If [`Annotation::check`] objects, the objection becomes an error of reading.
    pub(crate) fn checked(self) -> Result<Self, serde_json::Error> {
        self.check().map_err(serde_json::Error::custom)?;
        Ok(self)
    }
}
