//! The section "The price before it runs": what each model costs in crates, build time and size.

use fanout_analysis::prices::priced;
use fanout_analysis::situations::Describe;
use fanout_record::Run;
use fanout_record::price::Prices;
use maud::{Markup, html};

use super::table::legend;
use crate::figures::count;
use crate::price::{COLUMNS, agreement, answer, missing, name};

/// Returns the section for the page of `run`, or for a page of no single run.
pub(super) fn of(prices: Option<&Prices>, run: Option<&Run>, describe: Describe) -> Markup {
    let Some(prices) = prices else { return none() };
    let all = priced(prices);
    let meanings = COLUMNS.iter().map(|column| (column.title, column.about));
    html! {
        @for said in answer(prices) { p { (said) } }
        @for said in missing(prices) { p.warned { (said) } }
        p.beyond { (origin(prices, run)) }
        (legend([(LIBRARIES, ABOUT_LIBRARIES)].into_iter().chain(meanings)))
        div.scroll tabindex="0" role="region" aria-label="The price of each model" {
            table {
                caption { "A row is a minimal program that prepares the model and can make a request." }
                thead { tr {
                    th scope="col" { "model" }
                    th scope="col" title=(ABOUT_LIBRARIES) { (LIBRARIES) }
                    @for column in &COLUMNS { th scope="col" title=(column.about) { (column.title) } }
                } }
                tbody {
                    @for it in &all {
                        tr {
                            th scope="row" { (name(it)) }
                            td { (describe(it.model).map_or_else(|| "-".into(), |model| model.crates.to_string())) }
                            @for column in &COLUMNS { td { ((column.print)(it)) } }
                        }
                    }
                }
            }
        }
        @for said in agreement(prices) { p { (said) } }
    }
}

/// The title of the column with the crates that a program of one's own would have.
const LIBRARIES: &str = "crates of its libraries alone";

const ABOUT_LIBRARIES: &str = "how many crates the libraries bring in that a program of your own would name to do \
    the same, without anything of fanout";

/// Returns the text that replaces the section if there is no price.
fn none() -> Markup {
    html! {
        p {
            "No price is known yet: how many crates each model brings into a program, how long that builds, and how "
            "large it is. " code { "cargo bench -p fanout-benches --bench price" }
            " measures it, in a quarter of an hour or more, and the next page of a run shows it."
        }
    }
}

/// Returns when, with what and where the prices were measured.
fn origin(prices: &Prices, run: Option<&Run>) -> String {
    let rustc = prices.source.rustc.as_deref().and_then(|said| said.lines().next());
    let toolchain = rustc.unwrap_or("an unknown compiler");
    let place = match run {
        Some(run) if run.machine.id() == prices.machine.id() => "on the same machine as this run".into(),
        Some(_) => format!("on another machine than this run ({})", prices.machine.id()),
        None => format!("on the machine {}", prices.machine.id()),
    };
    let commit = prices.source.commit.as_deref().map_or("no commit", super::origin::short);
    let often = match prices.repetitions {
        1 => "Each model was built once, so that it is not known how much the times vary.".into(),
        n if prices.is_partial() => format!("Each figure is the median of {} at most.", count(n, "repetition")),
        n => format!("Each figure is the median of {}.", count(n, "repetition")),
    };
    format!("Measured at {} with {toolchain}, commit {commit}, {place}. {often}", prices.started)
}
