//! The languages of the peers.

use std::fmt;
use std::str::FromStr;

/// A language that peers are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// CPython.
    Python,
    /// JavaScript on Node.js.
    Node,
    /// Go.
    Go,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::Python, Self::Node, Self::Go];

    /// Returns the name in variables, arguments and ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Go => "go",
        }
    }

    /// Reads languages that are separated by commas. They are returned in the order of [`ALL`](Self::ALL).
    ///
    /// # Errors
    /// Which word is no language, and what the languages are.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let mut languages = words.map(str::parse).collect::<Result<Vec<Self>, String>>()?;
        languages.sort_unstable();
        languages.dedup();
        Ok(languages)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|language| language.word() == text);
        found.ok_or_else(|| {
            let [most @ .., last] = Self::ALL.map(Self::word);
            format!("there are no peers in `{text}`; there are peers in {} and {last}", most.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_listed_in_their_order_and_once() {
        assert_eq!(Language::list("go, python,go").unwrap(), [Language::Python, Language::Go]);
        assert!(Language::list("python,ruby").unwrap_err().contains("`ruby`"));
    }
}
