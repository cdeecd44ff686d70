//! The changes in words: the latest change, all changes commit by commit, the accepted changes, and the drifts.

use fanout_analysis::history::{CommitLinks, DRIFT, Group, History, STEP, Series};
use fanout_record::store::annotation::Annotation;
use maud::{Markup, html};

use super::changes::{Found, by_commit, headline, told};
use super::parts::{MOST_LISTED, left_out};
use crate::figures::{count, list};

/// The most drifts that are shown.
const MOST_DRIFTS: usize = 10;

pub(super) fn of(history: &History, links: &CommitLinks) -> Markup {
    let (accepted, open): (Vec<Found<'_>>, Vec<Found<'_>>) =
        history.changes().partition(|(_, _, change)| !change.accepted.is_empty());
    let commits = by_commit(&open);
    html! {
        @if let Some(latest) = commits.first() { p.pick { (headline(latest, !accepted.is_empty(), history, links)) } }
        p.pick[commits.is_empty()] { (summary(history, open.len(), accepted.len())) }
        (in_order(history))
        (too_few(history))
        @if !commits.is_empty() { h3 { "Commit by commit" } (told(&commits, history, links)) }
        @if !accepted.is_empty() { h3 { "Accepted changes" } (told(&by_commit(&accepted), history, links)) }
        (drifts(history))
        (annotations(history))
        h3 { "How to read this" }
        p { (HOW_TO_READ) }
    }
}

/// The explanation of the words in this section.
const HOW_TO_READ: &str = "Each run says how many times the floor's time a model takes, because what slows the \
    machine slows both. A change is a place where the mean of the logarithms of these ratios changes (E-divisive, \
    with p below 1e-5 by Student's t). The percentages are changes of that ratio. The method picks the place where \
    the difference is greatest, so that p understates the chance of noise: of series without a change, fewer than 1 \
    in 100 have one marked at 100 runs. Runs of different machines, toolchains or \
    flags are never compared. Neither are two scenarios that have the same name and asked for different things.";

fn summary(history: &History, open: usize, accepted: usize) -> String {
    let all = history.series().count();
    let changed = history.series().filter(|(_, series)| !series.changes.is_empty()).count();
    let looked = format!("{all} series (a model in a scenario, on one machine with one toolchain)");
    match open + accepted {
        0 if history.series().all(|(_, series)| series.points.len() < 2 * STEP) => {
            format!("No change has been found yet in {looked}.")
        }
        0 => format!("Nothing changed: no change of level was found in {looked}."),
        found => format!("{}, {accepted} accepted, in {changed} of {looked}.", count(found, "change")),
    }
}

/// Returns a note about the runs that are not in the order of their commits, with the reason.
fn in_order(history: &History) -> Markup {
    let (by_clock, all) = (history.order.by_clock, history.runs());
    let whose = "the repository at hand does not know their commits: they were rebased away, lie beyond the end of a \
        shallow clone, are of another repository, or no commit was noted";
    html! {
        @if by_clock > 0 {
            p.warned {
                @match &history.order.refusal {
                    Some(words) => {
                        "The runs are ordered by the clock and not by their commits, because git did not "
                        "report the order of the commits: " (words)
                    }
                    None if by_clock == all => {
                        "The runs are ordered by the clock and not by their commits, because " (whose) "."
                    }
                    None => {
                        (by_clock) " of " (count(all, "run")) @if by_clock == 1 { " is" } @else { " are" }
                        " placed among the others by the clock, since " (whose) "."
                    }
                }
            }
        }
    }
}

/// Returns a note about the number of runs that are needed, if there are fewer. With fewer runs, it means nothing
/// that no change was found.
fn too_few(history: &History) -> Markup {
    let (step, drift) = (2 * STEP, 2 * DRIFT);
    let all = history.series().count();
    let few = |least: usize| history.series().filter(|(_, series)| series.points.len() < least).count();
    let longest = history.series().map(|(_, series)| series.points.len()).max().unwrap_or(0);
    html! {
        @if few(drift) > 0 {
            p.warned {
                "There are too few runs to say more: "
                @if few(step) > 0 {
                    (few(step)) " of " (all) " series have fewer than " (step)
                    " runs (" (STEP) " before a step and " (STEP) " behind it), with which a step of 2.5 times the "
                    "noise is found in about half of the series; "
                }
                (few(drift)) " have fewer than " (drift) ", which it takes to see a drift. The longest has "
                (longest) "."
            }
        }
    }
}

fn drifts(history: &History) -> Markup {
    let mut found: Vec<(&Group, &Series, f64, (f64, f64))> = history
        .series()
        .filter_map(|(group, series)| series.drifted().map(|(drift, ends)| (group, series, drift, ends)))
        .collect();
    // Drifts that no step explains come first.
    found.sort_by(|a, b| {
        let key = |it: &(&Group, &Series, f64, _)| (!it.1.changes.is_empty(), -it.2.abs());
        key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1))
    });
    html! {
        @if !found.is_empty() {
            h3 { "Drift: the last " (DRIFT) " runs against the first " (DRIFT) }
            ul {
                @for (group, series, drift, (low, high)) in found.iter().take(MOST_DRIFTS) {
                    li {
                        b { (series.label) } " in " (series.scenario()) ": " b { (format!("{drift:+.1} %")) }
                        (format!(" ({low:+.1} .. {high:+.1})"))
                        @if series.changes.is_empty() { ", and no step is marked" }
                        @else { ", with " (count(series.changes.len(), "step")) " marked" }
                        @if history.groups.len() > 1 { "; machine " (group.id) ", " (group.toolchain) }
                        "."
                    }
                }
            }
            (left_out(found.len(), MOST_DRIFTS))
        }
    }
}

/// Returns the annotations that no change matches. The change of such an annotation is not marked, or the annotation
/// names it otherwise than the run does.
fn annotations(history: &History) -> Markup {
    let mut used = vec![false; history.annotations.len()];
    let changes = history.changes().flat_map(|(_, _, change)| &change.accepted);
    changes.for_each(|i| used[*i] = true);
    let other: Vec<&Annotation> =
        history.annotations.iter().zip(&used).filter(|(_, used)| !**used).map(|it| it.0).collect();
    html! {
        @if !other.is_empty() {
            details {
                summary { (count(other.len(), "annotation")) " for a change that is not marked" }
                ul { @for said in other.iter().rev().take(MOST_LISTED) { li { (annotation(said)) } } }
                (left_out(other.len(), MOST_LISTED))
            }
        }
    }
}

fn annotation(said: &Annotation) -> String {
    let commits = said.after.as_deref().map_or(said.commit.clone(), |after| format!("{after}..{}", said.commit));
    let only = [("model", &said.model), ("question", &said.question), ("machine", &said.machine)];
    let only: Vec<String> = only.iter().filter_map(|(what, of)| Some(format!("{what} {}", of.as_ref()?))).collect();
    let of = if only.is_empty() { "everything".into() } else { list(&only) };
    format!("{commits}, of {of}: {} ({}, {})", said.reason, said.who, said.when)
}
