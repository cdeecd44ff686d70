//! What a model says of itself to a person who must choose one.

/// What a model says of itself, beside [`about`](crate::Model::about): when to pick it, what it costs, and what it
/// needs of the program around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// How it carries requests.
    pub family: Family,
    /// The end of the sentence "Pick it when ...", without the full stop.
    pub pick_it_when: &'static str,
    /// The end of the sentence "It costs ...", without the full stop.
    pub it_costs: &'static str,
    /// How a program calls it.
    pub called: Called,
    /// Whether all requests of a batch must go to one host.
    pub one_host: bool,
    /// The crates that a program of its own would name to do the same.
    pub libraries: &'static [&'static str],
    /// How many crates these bring in all, themselves included, on Linux and with the features that this workspace
    /// enables.
    pub crates: usize,
    /// The text of the file that holds the [excerpt](Self::excerpt).
    pub source: &'static str,
}

impl Description {
    /// Whether code that is synchronous, and stays so, uses it as it stands: it has no event loop.
    #[must_use]
    pub fn is_synchronous(&self) -> bool {
        matches!(self.family, Family::OneAfterAnother | Family::Threads | Family::Processes)
    }

    /// The [`excerpt`] of [`source`](Self::source): the 5 to 30 lines that make the model what it is.
    #[must_use]
    pub fn excerpt(&self) -> String {
        excerpt(self.source)
    }
}

/// The lines of a source file between the lines `// Excerpt: begins.` and `// Excerpt: ends.`, without the
/// indentation that they share. Empty where they are not marked.
#[must_use]
pub fn excerpt(source: &str) -> String {
    let marked = source.split_once(BEGINS).and_then(|(_, rest)| rest.split_once(ENDS));
    let Some((marked, _)) = marked else { return String::new() };
    // The last line holds the indentation of the mark alone.
    let lines: Vec<&str> = marked.trim_end().lines().collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let shared = filled.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|line| format!("{}\n", line.get(shared..).unwrap_or(""))).collect()
}

const BEGINS: &str = "// Excerpt: begins.\n";
const ENDS: &str = "// Excerpt: ends.\n";

/// How a program calls a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It blocks the thread that calls it. Inside a runtime it must be called from a thread that may block.
    Blocking,
    /// It blocks, and there is a function to be awaited inside a tokio runtime that runs already.
    Awaited,
}

impl Called {
    /// The same as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Blocking => "It blocks the thread that calls it.",
            Self::Awaited => "It blocks, or it is awaited inside a tokio runtime that runs already.",
        }
    }
}

/// How a model carries requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// One request after another.
    OneAfterAnother,
    /// A thread for each request in flight.
    Threads,
    /// A process for each request in flight.
    Processes,
    /// An event loop on one thread.
    OneEventLoop,
    /// An event loop, or a scheduler of tasks, on a thread for each core.
    ManyEventLoops,
    /// All requests share one connection.
    OneConnection,
    /// Workers on other machines make the requests.
    ManyMachines,
}

impl Family {
    /// All families, the simplest first.
    pub const ALL: [Self; 7] = [
        Self::OneAfterAnother,
        Self::Threads,
        Self::Processes,
        Self::OneEventLoop,
        Self::ManyEventLoops,
        Self::OneConnection,
        Self::ManyMachines,
    ];

    /// Its name, as run files and pages write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneAfterAnother => "one after another",
            Self::Threads => "threads",
            Self::Processes => "processes",
            Self::OneEventLoop => "event loop on one thread",
            Self::ManyEventLoops => "event loops on many threads",
            Self::OneConnection => "one shared connection",
            Self::ManyMachines => "many machines",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_what_stands_between_the_marks_without_its_indentation() {
        let source =
            "fn a() {\n    // Excerpt: begins.\n    if b {\n        c();\n\n    }\n    // Excerpt: ends.\n}\n";
        assert_eq!(excerpt(source), "if b {\n    c();\n\n}\n");
        assert_eq!(excerpt("fn a() {}\n"), "");
        assert_eq!(excerpt("// Excerpt: begins.\nfn a() {}\n"), "");
    }
}
