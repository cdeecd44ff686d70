//! What pages have in common: the head, the links to sections, the style and the script.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = concat!(include_str!("colors.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");

/// A part of a page that can be gone to.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) content: Markup,
}

/// A whole page. The section to skip to is `answer`.
pub(super) fn whole(title: &str, heading: &str, brief: &str, sections: &[Section]) -> Markup {
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
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#answer" { "To the answer" }
                header {
                    h1 { (heading) }
                    p { (brief) }
                    nav aria-label="Sections" {
                        @for section in sections { a href={ "#" (section.id) } { (section.name) } " " }
                    }
                }
                main {
                    @for Section { id, name, content } in sections {
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

/// Said in place of what an empty run does not have.
pub(super) fn nothing() -> Markup {
    html! { p { "Nothing was measured in this run." } }
}

/// A name as a part of an element's id: letters, digits and hyphens stay as they are, and other characters become
/// their numbers.
pub(super) fn slug(name: &str) -> String {
    let part = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => c.to_string(),
        _ => format!("_{:x}", u32::from(c)),
    };
    name.chars().map(part).collect()
}

/// Prose in which `` `names` `` of code are marked.
pub(super) fn prose(text: &str) -> Markup {
    html! { @for (i, part) in text.split('`').enumerate() { @if i % 2 == 1 { code { (part) } } @else { (part) } } }
}
