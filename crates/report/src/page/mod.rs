//! The page of a run: one HTML file that opens from disk and fetches nothing.
//!
//! Each section has a file of its own. The sections are in the order in which a reader asks: answer, grid, pictures,
//! models, price, questions, mistakes, table, validity, origin. maud escapes all text that comes from a run. A
//! content security policy lets only the page's own script run, and forbids every fetch. [`history`] makes the page
//! of all runs, in the same style, and [`site`] makes a site of all these pages.

mod answer;
mod chooser;
mod detail;
mod frame;
mod grid;
pub mod history;
mod mistakes;
mod models;
mod origin;
mod pairs;
mod pictures;
mod price;
mod questions;
pub mod site;
mod table;
mod validity;

use std::io;
use std::path::{Path, PathBuf};

use fanout_analysis::compared::{Answered, apart, questions as answered_of};
use fanout_analysis::situations::Describe;
use fanout_record::paths::derived;
use fanout_record::{Run, output};
use maud::Markup;

use self::detail::Detail;
use self::frame::{Frame, Section};

pub use origin::Links;

/// Returns the path of the page of the last run.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("report.html")
}

/// Writes the page of a run, as [`output::write`] does. `describe` returns the description of a model.
///
/// # Errors
/// If the page cannot be written.
pub fn write(run: &Run, links: &Links, describe: Describe, path: &Path) -> io::Result<()> {
    // If the page and Criterion's pages are in the same target folder, the link between them is relative, so that
    // both can be moved together.
    let beside = path.parent().and_then(Path::parent).zip(links.criterion.as_deref());
    let near = beside.and_then(|(folder, criterion)| criterion.strip_prefix(folder).ok());
    let criterion = near.map(|near| Path::new("..").join(near)).or_else(|| links.criterion.clone());
    let links = Links { criterion, ..links.clone() };
    output::write(path, of(run, &links, describe).as_bytes())
}

/// Returns the page of a run. `describe` returns the description of a model.
#[must_use]
pub fn of(run: &Run, links: &Links, describe: Describe) -> String {
    let answered = answered_of(run);
    page(run, &answered, links, describe).into_string()
}

fn page(run: &Run, answered: &[Answered<'_>], links: &Links, describe: Describe) -> Markup {
    let detail = if links.site { Detail::Short } else { Detail::Whole };
    let prices = links.prices.as_ref();
    let section = |id, name, content| Section { id, name, content };
    let (of_models, of_mistakes) = apart(answered);
    // If nothing but mistakes was measured, what they cost is the answer.
    let (has_models, has_mistakes) = (!of_models.is_empty() || of_mistakes.is_empty(), !of_mistakes.is_empty());
    let mut sections = Vec::new();
    if has_models {
        sections.push(section("answer", "The answer", answer::of(run, of_models, "", prices, detail, describe)));
        sections.push(section("grid", "All models at a glance", grid::of(of_models, detail, describe)));
        sections.push(section("pictures", "Pictures", pictures::of(of_models, detail, describe)));
        sections.push(section("models", "The models", models::of(run, detail, describe)));
        // A site has the prices on its first page alone.
        if !links.site {
            let of_prices = price::of(prices, Some(run), describe);
            sections.push(section("price", "The price before it runs", of_prices));
        }
        sections.push(section("questions", "Question by question", questions::of(run, of_models)));
    }
    if has_mistakes {
        let id = if has_models { "mistakes" } else { "answer" };
        sections.push(section(id, "What mistakes cost", mistakes::of(of_mistakes, detail)));
    }
    if !has_models {
        sections.push(section("models", "The models", models::of(run, detail, describe)));
    }
    sections.push(section("table", "The table", table::of(answered, detail)));
    sections.push(section("believe", "Should you believe it?", validity::of(run, answered)));
    sections.push(section("origin", "Where it comes from", origin::of(run, links)));
    let title = format!("fanout: {}", run.started);
    let site = links.site.then_some("../");
    let brief = format!("{} Measured at {}.", origin::WHAT, origin::in_brief(run));
    Frame { title: &title, heading: "Which concurrency model?", brief: &brief, site, explains: true }.whole(&sections)
}
