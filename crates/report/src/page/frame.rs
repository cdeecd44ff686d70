//! The parts that all pages have in common: the head, the links to sections, the style and the script.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::glossary::{self, Term};

const STYLE: &str = concat!(include_str!("colors.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");

/// A part of a page that a link leads to.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) content: Markup,
}

/// The parts of a page that are around its sections.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) heading: &'a str,
    /// A line below the heading.
    pub(super) brief: &'a str,
    /// The path from a page of a site to the site's folder, such as `../`. It is `None` for a page that belongs to no
    /// site.
    pub(super) site: Option<&'a str>,
    /// Whether the terms that the page uses are at its end.
    pub(super) explains: bool,
}

/// The pages of a site that every page of it links to.
const SITE: [(&str, &str); 3] = [("index.html", "Start"), ("history.html", "History"), ("glossary.html", "Glossary")];

impl Frame<'_> {
    /// Returns a whole page, with the terms that it uses at its end. The link at its top skips to the section
    /// `answer`.
    pub(super) fn whole(&self, sections: &[Section]) -> Markup {
        let words = self.explains.then(|| {
            let shown: String = sections.iter().map(|section| section.content.0.as_str()).collect();
            Section { id: "words", name: "Words", content: meanings(&glossary::used(&shown)) }
        });
        let sections = || sections.iter().chain(&words);
        let script = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
        let policy = format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#answer" { "To the answer" }
                    header {
                        h1 { (self.heading) }
                        p { (self.brief) }
                        @if let Some(folder) = self.site {
                            nav aria-label="Site" {
                                @for (page, name) in SITE { a href={ (folder) (page) } { (name) } " " }
                            }
                        }
                        nav aria-label="Sections" {
                            @for section in sections() { a href={ "#" (section.id) } { (section.name) } " " }
                        }
                    }
                    main {
                        @for Section { id, name, content } in sections() {
                            @let heading = format!("{id}-heading");
                            section id=(id) aria-labelledby=(heading) {
                                h2 id=(heading) { (name) }
                                (content)
                            }
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }
}

/// Returns terms with their meanings. The script also shows the meaning at the place where a term is used.
fn meanings(terms: &[Term]) -> Markup {
    html! {
        dl id="terms" {
            @for term in terms {
                div {
                    @for name in &term.names { dt { (name) } }
                    dd { (term.meaning) }
                }
            }
        }
    }
}

/// Returns the text that replaces a section if nothing was measured in the run.
pub(super) fn nothing() -> Markup {
    html! { p { "Nothing was measured in this run." } }
}

/// Returns a name as a part of an element's id. Letters, digits and hyphens stay as they are, and other characters
/// become their numbers.
pub(super) fn slug(name: &str) -> String {
    let part = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => c.to_string(),
        _ => format!("_{:x}", u32::from(c)),
    };
    name.chars().map(part).collect()
}

/// Returns prose in which `` `names` `` of code are marked.
pub(super) fn prose(text: &str) -> Markup {
    html! { @for (i, part) in text.split('`').enumerate() { @if i % 2 == 1 { code { (part) } } @else { (part) } } }
}
