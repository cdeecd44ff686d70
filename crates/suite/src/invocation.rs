//! Finds out which questions one `cargo bench` asks. Cargo runs each question in a process of its own, in the order
//! of their names.

use std::fs;
use std::os::unix::process::parent_id;
use std::path::Path;

use fanout_analysis::compared::PLAIN;

/// The questions of the `cargo bench` that started this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The names of the questions, in the order in which they are asked. This process asks one of them.
    questions: Vec<String>,
    /// The place of this process's question among them.
    place: usize,
}

impl Invocation {
    /// Returns the invocation of this process, which asks `question`. If cargo did not start this process, or was
    /// asked for benches by a pattern, `question` is taken for the only one.
    pub(crate) fn of(question: &str) -> Self {
        let line = fs::read(format!("/proc/{}/cmdline", parent_id())).unwrap_or_default();
        let words: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        Self::from_words(&words, question)
    }

    fn from_words(words: &[String], question: &str) -> Self {
        let alone = || Self { questions: vec![question.to_owned()], place: 0 };
        let is_cargo = |word: &String| Path::new(word).file_name().is_some_and(|name| name == "cargo");
        if !words.first().is_some_and(is_cargo) {
            return alone();
        }
        let own = words.iter().take_while(|word| *word != "--");
        let mut named: Vec<&str> = Vec::new();
        let mut comes = false;
        for word in own {
            match word.strip_prefix("--bench") {
                _ if comes => {
                    named.push(word);
                    comes = false;
                }
                Some("") => comes = true,
                Some(rest) => named.extend(rest.strip_prefix('=')),
                None => {}
            }
        }
        let mut questions: Vec<String> =
            if named.is_empty() { PLAIN.to_vec() } else { named }.into_iter().map(str::to_owned).collect();
        questions.sort_unstable();
        questions.dedup();
        match questions.iter().position(|name| name == question) {
            Some(place) => Self { questions, place },
            None => alone(),
        }
    }

    /// Returns whether no other question follows.
    pub(crate) fn is_over(&self) -> bool {
        self.place + 1 == self.questions.len()
    }

    /// Returns the questions that are left: this one, and those that follow.
    pub(crate) fn left(&self) -> &[String] {
        &self.questions[self.place..]
    }

    /// Returns "[3/6] ", to be put before a text about this question, or nothing if it is the only one.
    pub(crate) fn prefix(&self) -> String {
        match self.questions.len() {
            1 => String::new(),
            all => format!("[{}/{all}] ", self.place + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, question: &str) -> (String, bool) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let invocation = Invocation::from_words(&words, question);
        (invocation.prefix(), invocation.is_over())
    }

    #[test]
    fn the_questions_are_those_that_cargo_was_asked_for() {
        assert_eq!(of("/usr/bin/cargo bench", "batch_size"), ("[1/10] ".into(), false));
        assert_eq!(of("cargo bench --locked -- --noplot", "work"), ("[10/10] ".into(), true));
        assert_eq!(of("cargo bench --bench protocol --bench=notebook", "notebook"), ("[1/2] ".into(), false));
        assert_eq!(of("cargo bench --bench protocol -- --bench notebook", "protocol"), (String::new(), true));
        // These are a pattern, a bench that a plain `cargo bench` leaves out, and another program.
        assert_eq!(of("cargo bench --bench *", "protocol"), (String::new(), true));
        assert_eq!(of("cargo bench", "near_floor"), (String::new(), true));
        assert_eq!(of("perf record", "protocol"), (String::new(), true));
    }
}
