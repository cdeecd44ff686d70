//! The page of a run: one HTML file that opens from disk, with nothing to fetch.
//!
//! Its sections, a file each, are in the order in which a reader asks: answer, pictures, table, doubts, origin. All text
//! that comes from a run is escaped by maud; a content security policy lets no script run but the page's own, and nothing
//! be fetched.

mod answer;
mod doubts;
mod origin;
mod pairs;
mod pictures;
mod table;

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fanout_record::{Run, derived, file};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::compared::{Answered, questions};

const STYLE: &str = concat!(include_str!("colors.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");

/// Where the page of the last run is.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("report.html")
}

/// What a page may link to.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Where Criterion's pages are; `None` where they are not of this run.
    pub criterion: Option<PathBuf>,
}

/// Writes the page of a run, whole or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write(run: &Run, links: &Links, path: &Path) -> io::Result<()> {
    // A page beside Criterion's in the target folder can be moved with it.
    let beside = path.parent().and_then(Path::parent).zip(links.criterion.as_deref());
    let near = beside.and_then(|(folder, criterion)| criterion.strip_prefix(folder).ok());
    let links = Links { criterion: near.map(|near| Path::new("..").join(near)).or_else(|| links.criterion.clone()) };
    file::replace_bytes(path, of(run, &links).as_bytes())
}

/// The page of a run.
#[must_use]
pub fn of(run: &Run, links: &Links) -> String {
    let answered = questions(run);
    page(run, &answered, links).into_string()
}

fn page(run: &Run, answered: &[Answered<'_>], links: &Links) -> Markup {
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
                title { "fanout: " (run.started) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#answer" { "To the answer" }
                header {
                    h1 { "Which concurrency model?" }
                    p { (origin::in_brief(run)) }
                    nav aria-label="Sections" {
                        @for (id, name) in SECTIONS { a href={ "#" (id) } { (name) } " " }
                    }
                }
                main {
                    (section("answer", answer::of(run, answered)))
                    (section("pictures", pictures::of(answered)))
                    (section("table", html! { (table::of(answered)) (pairs::of(answered)) }))
                    (section("believe", doubts::of(run, answered)))
                    (section("origin", origin::of(run, links)))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// In their order, with what they are called.
const SECTIONS: [(&str, &str); 5] = [
    ("answer", "The answer"),
    ("pictures", "Pictures"),
    ("table", "The table"),
    ("believe", "Should you believe it?"),
    ("origin", "Where it comes from"),
];

fn section(id: &str, content: Markup) -> Markup {
    let name = SECTIONS.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| name);
    let heading = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (name) }
            (content)
        }
    }
}

/// Said in place of what an empty run does not have.
fn nothing() -> Markup {
    html! { p { "Nothing was measured in this run." } }
}
