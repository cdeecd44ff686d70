//! The changes in words, commit by commit. The latest commits come first, and so do the largest changes of a commit.

use fanout_analysis::history::{Change, CommitLinks, Group, History, RunFacts, Series};
use maud::{Markup, html};

use super::parts::{commit, left_out, p_value};
use crate::figures::{count, ratio};

/// A change, the series that it is in, and the machine and toolchain that measured it.
pub(super) type Found<'a> = (&'a Group, &'a Series, &'a Change);

/// The most commits whose changes are shown.
const MOST_COMMITS: usize = 10;

/// The most changes of a commit that are shown. The table shows all.
const MOST_CHANGES: usize = 5;

/// The changes that one machine measured first in one run.
pub(super) struct AtCommit<'a> {
    group: &'a Group,
    run: &'a RunFacts,
    /// The changes, the largest first.
    changes: Vec<(&'a Series, &'a Change)>,
}

/// Groups the changes by the run that showed them first. The latest run comes first.
pub(super) fn by_commit<'a>(found: &[Found<'a>]) -> Vec<AtCommit<'a>> {
    let mut sorted = found.to_vec();
    let place = |(group, series, change): &Found<'_>| group.around(series, change).1.place;
    sorted.sort_by(|a, b| {
        let size = |it: &Found<'_>| it.2.found.size().abs();
        place(b).cmp(&place(a)).then(size(b).total_cmp(&size(a)))
    });
    let mut commits: Vec<AtCommit<'a>> = Vec::new();
    for (group, series, change) in sorted {
        let run = group.around(series, change).1;
        match commits.last_mut() {
            Some(at) if at.run.place == run.place => at.changes.push((series, change)),
            _ => commits.push(AtCommit { group, run, changes: vec![(series, change)] }),
        }
    }
    commits
}

/// Returns a sentence about the latest change: the commit, the model, the size of the change, and the time of its
/// first run.
pub(super) fn headline(
    at: &AtCommit<'_>,
    others_are_accepted: bool,
    history: &History,
    links: &CommitLinks,
) -> Markup {
    let others = at.changes.len() - 1;
    html! {
        @if others_are_accepted { "The latest change that nobody accepted" } @else { "The latest change" }
        " came with commit " (commit(at.run, links)) ", first measured at " (at.run.started) ": "
        @if let Some((series, change)) = at.changes.first() {
            b { (series.label) " " (compared_with_before(change)) " in " (series.scenario()) }
        }
        @if others > 0 { ", and " (count(others, "other figure")) " changed with it" }
        @if history.groups.len() > 1 { " (machine " (at.group.id) ", " (at.group.toolchain) ")" }
        "."
    }
}

/// Returns all changes in words, each under the commit that it came with.
pub(super) fn told(commits: &[AtCommit<'_>], history: &History, links: &CommitLinks) -> Markup {
    html! {
        @for at in commits.iter().take(MOST_COMMITS) {
            h4 {
                "Commit " (commit(at.run, links)) ", first measured at " (at.run.started) ": " (directions(at))
                @if history.groups.len() > 1 { "; machine " (at.group.id) ", " (at.group.toolchain) }
            }
            ul {
                @for (series, change) in at.changes.iter().take(MOST_CHANGES) {
                    li { (one(history, (at.group, series, change), links)) }
                }
            }
            (left_out(at.changes.len(), MOST_CHANGES))
        }
        (left_out(commits.len(), MOST_COMMITS))
    }
}

fn compared_with_before(change: &Change) -> String {
    let percent = change.percent();
    let word = if percent > 0.0 { "longer" } else { "less time" };
    format!("takes {:.1} % {word} than before", percent.abs())
}

fn directions(at: &AtCommit<'_>) -> String {
    let slower = at.changes.iter().filter(|(_, change)| change.percent() > 0.0).count();
    match (slower, at.changes.len() - slower) {
        (slower, 0) => format!("{slower} slower"),
        (0, faster) => format!("{faster} faster"),
        (slower, faster) => format!("{slower} slower, {faster} faster"),
    }
}

fn one(history: &History, (group, series, change): Found<'_>, links: &CommitLinks) -> Markup {
    let (last, first) = group.around(series, change);
    let found = &change.found;
    html! {
        b { (series.label) " " (compared_with_before(change)) } " in " (series.scenario()) ": from "
        (ratio(found.before.mean.exp())) " to " (ratio(found.after.mean.exp())) " times the floor's time (p "
        (p_value(found.p_value)) "); " (count(found.before.points, "run")) " before it, the last of commit "
        (commit(last, links)) ", and " (found.after.points) " from it on."
        @if last.commit.is_some() && last.commit == first.commit { " Both are of the same commit." }
        @for said in change.accepted.iter().filter_map(|i| history.annotations.get(*i)) {
            " Accepted by " (said.who) ": " (said.reason)
        }
    }
}
