//! The terms of docs/glossary.md, for the pages. [`terms`] returns the terms with their meanings, and [`html`]
//! returns the whole glossary.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd, html::push_html};

const TEXT: &str = include_str!("../../../docs/glossary.md");

/// The columns whose names are plain words as well. The table explains its columns itself.
const COLUMNS: [&str; 2] = ["threads", "connections"];

/// A term of the glossary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Term {
    /// The names, such as "p50 ms" and "p99 ms".
    pub(crate) names: Vec<String>,
    /// The definition, as plain text.
    pub(crate) meaning: String,
}

/// Returns all terms, in the order of the glossary.
pub(crate) fn terms() -> Vec<Term> {
    let events: Vec<Event<'_>> = Parser::new(TEXT).collect();
    entries(&events).into_iter().filter_map(|entry| term(&events[entry])).collect()
}

/// Returns the terms that a page's text uses as whole words.
pub(crate) fn used(page: &str) -> Vec<Term> {
    let page = page.to_lowercase();
    let is_column = |term: &Term| term.names.iter().any(|name| COLUMNS.contains(&name.as_str()));
    let is_used = |term: &Term| term.names.iter().any(|name| has_words(&page, &name.to_lowercase()));
    terms().into_iter().filter(|term| !is_column(term) && is_used(term)).collect()
}

/// Returns the glossary as HTML.
pub(crate) fn html() -> String {
    let mut text = String::new();
    // The glossary links to files beside it in the repository, and a page does not have these files beside it.
    let without_links =
        Parser::new(TEXT).filter(|event| !matches!(event, Event::Start(Tag::Link { .. }) | Event::End(TagEnd::Link)));
    push_html(&mut text, without_links);
    text
}

/// Returns the places of the entries of the outermost lists.
fn entries(events: &[Event<'_>]) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (i, event) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Item) => {
                depth += 1;
                if depth == 1 {
                    begin = i + 1;
                }
            }
            Event::End(TagEnd::Item) => {
                depth -= 1;
                if depth == 0 {
                    found.push(begin..i);
                }
            }
            _ => {}
        }
    }
    found
}

/// Returns the term of an entry. An entry begins with its names in bold, and goes on with their meaning.
fn term(entry: &[Event<'_>]) -> Option<Term> {
    let bold = entry.iter().position(|event| matches!(event, Event::End(TagEnd::Strong)))?;
    let names = plain(&entry[..bold]);
    let meaning = plain(&entry[bold..]).trim_start_matches(": ").trim().to_owned();
    Some(Term { names: names.split(", ").map(|name| name.trim().to_owned()).collect(), meaning })
}

fn plain(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(words) | Event::Code(words) => text += words,
            Event::SoftBreak | Event::HardBreak | Event::Start(Tag::Item) => text.push(' '),
            _ => {}
        }
    }
    text
}

/// Returns whether the text contains the words, and not as a part of longer ones.
fn has_words(text: &str, words: &str) -> bool {
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    text.match_indices(words).any(|(at, found)| {
        !part_of_word(text[..at].chars().next_back()) && !part_of_word(text[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_glossary_is_a_term_with_names_and_a_meaning() {
        let entries = TEXT.lines().filter(|line| line.starts_with("- **")).count();
        let terms = terms();
        assert_eq!(terms.len(), entries);
        for term in &terms {
            let Term { names, meaning } = term;
            assert!(!names.is_empty() && names.iter().all(|name| !name.is_empty()), "{term:?}");
            assert!(meaning.len() > 15 && meaning.ends_with(['.', ')']) && !meaning.contains("**"), "{term:?}");
        }
        let of = |name: &str| terms.iter().find(|term| term.names.iter().any(|it| it == name)).map(|it| &*it.meaning);
        assert!(
            of("floor")
                .is_some_and(|it| it.starts_with("in each scenario, the one that takes less of two control arms"))
        );
        assert_eq!(of("p50 ms"), of("p99 ms"));
        assert!(of("verdict").is_some_and(|it| it.contains("equivalent: all of the interval")));
    }

    #[test]
    fn a_term_is_used_where_its_words_stand_alone() {
        let names = |page: &str| used(page).iter().map(|term| term.names[0].clone()).collect::<Vec<_>>();
        assert_eq!(names("<p>The Floor, and a lane.</p>"), ["floor", "lane"]);
        assert_eq!(names("<p>floors, planed, model-floor</p>"), [""; 0]);
    }

    #[test]
    fn the_html_has_the_headings_and_no_link() {
        let html = html();
        assert!(html.contains("<h2>Models and requests</h2>") && html.contains("<strong>floor</strong>"));
        assert!(!html.contains("<a "));
    }
}
