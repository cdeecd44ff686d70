//! The origin of the figures: machine, toolchain, versions, seed, and the command that repeats the run.

use std::path::PathBuf;

use fanout_record::Run;
use fanout_record::price::Prices;
use maud::{Markup, html};

use crate::figures::count;
use crate::repeat;

/// The links that a page may have, and the prices that it shows beside its run.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The folder of Criterion's pages, or `None` if they are not of this run.
    pub criterion: Option<PathBuf>,
    /// Whether the page belongs to a site. It is then in a folder of the site.
    pub site: bool,
    /// The price run that is at hand, or `None` if there is none.
    pub prices: Option<Prices>,
}

/// What all pages are about, for a reader who comes from elsewhere.
pub(super) const WHAT: &str = "Ways to make many HTTP requests at once from a Rust program, measured side by side.";

/// Returns the line below the heading.
pub(super) fn in_brief(run: &Run) -> String {
    let machine = &run.machine;
    let cores = machine.cores.map_or_else(|| "an unknown number of cores".into(), |cores| count(cores, "core"));
    let kind = if machine.virtual_machine == Some(true) { "virtual machine" } else { "machine" };
    let commit = run.source.commit.as_deref().map_or("no commit", short);
    let partial = if run.is_partial() { " (a partial run: see below what was not measured)" } else { "" };
    format!("{}, commit {commit}, on a {kind} with {cores}{partial}", run.started)
}

pub(super) fn of(run: &Run, links: &Links) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts(run) { div { dt { (name) } dd { (value) } } }
        }
        h3 { "To repeat it" }
        pre tabindex="0" { code { (repeat::command(run)) } }
        h3 { "Seeds" }
        p { "The order in which models ran in each round is in the run file; it came from these seeds: "
            @for (i, question) in run.questions.iter().enumerate() {
                @if i > 0 { ", " }
                (question.name) " " code { (question.seed) }
            }
            "."
        }
        @if let Some(criterion) = &links.criterion {
            h3 { "Criterion's own pages" }
            p { "The same samples in Criterion's analysis: "
                a href=(criterion.join("report/index.html").display()) { "all benchmarks" }
                @for question in &run.questions {
                    @let page = criterion.join(folder(&question.name)).join("report/index.html");
                    ", " a href=(page.display()) { (question.name) }
                }
            }
        }
    }
}

fn facts(run: &Run) -> Vec<(String, String)> {
    let (machine, source) = (&run.machine, &run.source);
    let or = |value: Option<String>| value.unwrap_or_else(|| "unknown".into());
    let mut facts = vec![
        ("run".into(), run.id.clone()),
        ("started".into(), run.started.clone()),
        ("machine".into(), machine.id()),
        ("processor".into(), or(machine.processor.clone())),
        ("cores".into(), or(machine.cores.map(|cores| cores.to_string()))),
        ("memory".into(), or(machine.memory_gib.map(|memory| format!("{memory} GiB")))),
        ("system".into(), format!("{} {}, {}", machine.system, or(machine.kernel.clone()), machine.architecture)),
        ("virtual machine".into(), or(machine.virtual_machine.map(|yes| if yes { "yes" } else { "no" }.into()))),
        ("commit".into(), or(source.commit.clone())),
        ("tree".into(), or(source.dirty.map(|dirty| if dirty { "changed since" } else { "as committed" }.into()))),
        ("rustc".into(), or(source.rustc.as_ref().and_then(|said| said.lines().next()).map(str::to_owned))),
        ("flags".into(), source.flags.clone().unwrap_or_else(|| "none".into())),
        ("Cargo.lock".into(), or(source.lock.clone())),
    ];
    facts.extend(source.allocator.clone().map(|name| ("allocator".into(), name)));
    facts.extend(source.git.clone().map(|words| ("git says".into(), words)));
    facts.extend(source.crates.iter().map(|(name, version)| (name.clone(), version.clone())));
    facts.extend(run.variables.iter().map(|(name, value)| (name.clone(), value.clone())));
    facts
}

/// Returns the folder that Criterion makes for a name. Whatever the name is, the folder is one below Criterion's own.
fn folder(name: &str) -> String {
    name.replace(['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'], "_")
}

pub(super) fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
