//! What is to say of a mistake, with both pieces of code.

use fanout_model::{Model, excerpt};

/// A model that is wrong in one way, and the right model that does the same.
pub struct Mistake {
    /// The wrong model.
    pub model: &'static dyn Model,
    /// The name of the mistake, in a few words.
    pub name: &'static str,
    /// What the program does, in a sentence.
    pub what: &'static str,
    /// How one notices it, in a sentence.
    pub noticed: &'static str,
    /// What to do instead, in a sentence.
    pub instead: &'static str,
    /// The id of the right model, which differs from the wrong one in this alone, and in the client where the mistake
    /// is a client that blocks.
    pub twin: &'static str,
    /// Whether the mistake keeps the limit of requests in flight. If not, it has its whole batch in flight.
    pub limited: bool,
    /// The text of the file that has the wrong code, between the marks of an [`excerpt`].
    pub(crate) wrong: &'static str,
    /// The text of the file that has the right code, likewise.
    pub(crate) right: &'static str,
}

impl Mistake {
    /// The wrong piece of code. A comment that begins with `Wrong` stands above the wrong line.
    #[must_use]
    pub fn wrong(&self) -> String {
        excerpt(self.wrong)
    }

    /// The right piece of code: that of the twin, or of the twin's client.
    #[must_use]
    pub fn right(&self) -> String {
        excerpt(self.right)
    }
}
