//! The pictures. Each machine and toolchain has a part of its own, with the list of its runs.

use fanout_analysis::history::{CommitLinks, Group, History, Series};
use fanout_record::machine::Machine;
use maud::{Markup, html};

use super::parts::{commit, left_out};
use crate::figures::count;
use crate::page::pictures::figure;
use crate::pictures::over_time;

/// The most pictures of a page, in all its groups. The newest groups come first.
const MOST_PICTURES: usize = 600;

/// The most runs that a page lists.
const MOST_RUNS: usize = 1_000;

pub(super) fn of(history: &History, links: &CommitLinks) -> Markup {
    let mut room = Room { pictures: MOST_PICTURES, runs: MOST_RUNS };
    html! {
        p { (HOW_TO_SEE) }
        @for part in &history.groups { (group(part, links, &mut room)) }
    }
}

/// The room that is left on the page.
struct Room {
    pictures: usize,
    runs: usize,
}

const HOW_TO_SEE: &str = "There is a picture for each model. It shows how many times the floor's time the model \
    took, run by run, in the order of the commits. Each picture has a scale of its own, which spans at least 5 %. A \
    vertical line is a change of level, and a pale one is an accepted change. A horizontal line is the mean between \
    two changes. A ring is a run of a changed tree. Where there are many runs, neighbouring runs are merged.";

fn group(group: &Group, links: &CommitLinks, room: &mut Room) -> Markup {
    let drawn = group.series.len().min(room.pictures);
    room.pictures -= drawn;
    let (series, rest) = group.series.split_at(drawn);
    html! {
        h3 { "Machine " (group.id) ", " (group.toolchain) }
        p { (facts(&group.machine)) }
        (runs(group, links, room))
        @for question in series.chunk_by(|a, b| a.question == b.question) {
            details {
                summary { (summary(question)) }
                @for scenario in question.chunk_by(Series::is_beside) {
                    @if let Some(first) = scenario.first() { h4 { (first.scenario()) } }
                    div.small {
                        @for picture in scenario.iter().filter_map(|series| over_time(group, series)) {
                            (figure(&picture, false))
                        }
                    }
                }
            }
        }
        @if !rest.is_empty() {
            p { (rest.len()) " more are not drawn: the page has room for " (MOST_PICTURES) " pictures." }
        }
    }
}

fn summary(question: &[Series]) -> String {
    let name = question.first().map_or("", |series| series.question.as_str());
    let changes: usize = question.iter().map(|series| series.changes.len()).sum();
    let changes = if changes == 0 { "no change".into() } else { count(changes, "change") };
    format!("{name}: {}, {changes}", count(question.len(), "picture"))
}

fn facts(machine: &Machine) -> String {
    let kind = match machine.virtual_machine {
        Some(true) => "a virtual machine",
        _ => "a machine",
    };
    let cores = machine.cores.map(|cores| count(cores, "core"));
    let memory = machine.memory_gib.map(|memory| format!("{memory} GiB"));
    let kernel = machine.kernel.as_ref().map(|kernel| format!("kernel {kernel}"));
    let system = format!("{} {}", machine.system, machine.architecture);
    let known = [Some(system), machine.processor.clone(), cores, memory, kernel];
    format!("{kind}: {}", known.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Returns the list of a group's runs, those of the latest commits first. The x axis of a picture shows the numbers
/// of the runs.
fn runs(group: &Group, links: &CommitLinks, room: &mut Room) -> Markup {
    let listed = group.runs.len().min(room.runs);
    room.runs -= listed;
    let name = format!("Runs of machine {}, {}", group.id, group.toolchain);
    html! {
        details {
            summary { (count(group.runs.len(), "run")) }
            div.scroll tabindex="0" role="region" aria-label=(name) {
                table {
                    thead { tr { @for title in ["run", "started", "commit", "id"] { th scope="col" { (title) } } } }
                    tbody {
                        @for (i, run) in group.runs.iter().enumerate().rev().take(listed) {
                            tr {
                                th scope="row" { (i + 1) }
                                td { (run.started) }
                                td { (commit(run, links)) }
                                td { (run.id) }
                            }
                        }
                    }
                }
            }
            (left_out(group.runs.len(), listed))
        }
    }
}
