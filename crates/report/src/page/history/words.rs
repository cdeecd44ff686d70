//! What changed, in words: the largest changes, the newest, those that are accepted, and drifts.

use std::cmp::Reverse;

use fanout_analysis::history::{Change, CommitLinks, DRIFT, Group, History, STEP, Series};
use fanout_record::store::annotation::Annotation;
use maud::{Markup, html};

use super::parts::{MOST_LISTED, commit, left_out, p_value};
use crate::figures::{count, list, ratio};

/// The most that is told of each kind; the table has all.
const MOST_TOLD: usize = 10;

type Found<'a> = (&'a Group, &'a Series, &'a Change);

pub(super) fn of(history: &History, links: &CommitLinks) -> Markup {
    let (accepted, mut open): (Vec<Found<'_>>, Vec<Found<'_>>) =
        history.changes().partition(|(_, _, change)| !change.accepted.is_empty());
    open.sort_by(|a, b| b.2.found.size().abs().total_cmp(&a.2.found.size().abs()));
    let (largest, rest) = open.split_at(open.len().min(MOST_TOLD));
    let newest = newest_first(rest.to_vec());
    let accepted = newest_first(accepted);
    let told = |found: &[Found<'_>]| {
        html! { ul { @for found in found.iter().take(MOST_TOLD) { li { (change(history, *found, links)) } } } }
    };
    html! {
        p { (HOW_TO_READ) }
        p { (summary(history, open.len(), accepted.len())) }
        (in_order(history))
        (too_few(history))
        @if !largest.is_empty() { h3 { "The largest changes" } (told(largest)) }
        @if !newest.is_empty() {
            h3 { "The newest of the others" }
            (told(&newest)) (left_out(newest.len(), MOST_TOLD))
        }
        @if !accepted.is_empty() {
            h3 { "Accepted changes" } (told(&accepted)) (left_out(accepted.len(), MOST_TOLD))
        }
        (drifts(history))
        (annotations(history))
    }
}

/// What the words below mean.
const HOW_TO_READ: &str = "Each run says how many times the floor's time a model takes, because what slows the \
    machine slows both. A change is a place where the mean of the logarithms of these ratios changes (E-divisive, \
    with p below 1e-5 by Student's t). The percentages are changes of that ratio, and a positive one is slower. The \
    method picks the place where the difference is greatest, so that p understates the chance of noise: of series \
    without a change, fewer than 1 in 100 have one marked at 100 runs. Runs of different machines, toolchains or \
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

/// Says of which runs the order is not that of commits, and why.
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

/// Says how many runs it takes, where there are fewer: nothing found is then no news.
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
                    " runs, which it takes to find a step of 2.5 times "
                    "the noise as a rule, " (STEP) " before and " (STEP) " behind it; "
                }
                (few(drift)) " have fewer than " (drift) ", which it takes to see a drift. The longest has "
                (longest) "."
            }
        }
    }
}

/// Those of the latest commits first.
fn newest_first(mut found: Vec<Found<'_>>) -> Vec<Found<'_>> {
    found.sort_by_key(|(group, series, change)| Reverse(group.around(series, change).1.place));
    found
}

fn change(history: &History, (group, series, change): Found<'_>, links: &CommitLinks) -> Markup {
    let (last, first) = group.around(series, change);
    let found = &change.found;
    let percent = change.percent();
    let levels = (ratio(found.before.mean.exp()), ratio(found.after.mean.exp()));
    html! {
        b { (series.label) } " in " (series.scenario()) ": "
        b { (format!("{percent:+.1} %")) } @if percent > 0.0 { ", slower" } @else { ", faster" }
        ", from " (levels.0) " to " (levels.1) " floors, at commit " (commit(first, links)) " of " (first.started)
        ", p " (p_value(found.p_value)) "; " (count(found.before.points, "run")) " before it, the last of commit "
        (commit(last, links)) ", and " (found.after.points) " from it on"
        @if history.groups.len() > 1 { "; machine " (group.id) ", " (group.toolchain) }
        "."
        @if last.commit.is_some() && last.commit == first.commit { " Both are of the same commit." }
        @for said in change.accepted.iter().filter_map(|i| history.annotations.get(*i)) {
            " Accepted by " (said.who) ": " (said.reason)
        }
    }
}

fn drifts(history: &History) -> Markup {
    let mut found: Vec<(&Group, &Series, f64, (f64, f64))> = history
        .series()
        .filter_map(|(group, series)| series.drifted().map(|(drift, ends)| (group, series, drift, ends)))
        .collect();
    // What no step explains comes first.
    found.sort_by(|a, b| {
        let key = |it: &(&Group, &Series, f64, _)| (!it.1.changes.is_empty(), -it.2.abs());
        key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1))
    });
    html! {
        @if !found.is_empty() {
            h3 { "Drift: the last " (DRIFT) " runs against the first " (DRIFT) }
            ul {
                @for (group, series, drift, (low, high)) in found.iter().take(MOST_TOLD) {
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
            (left_out(found.len(), MOST_TOLD))
        }
    }
}

/// Those that no change matches: of a change that is not marked, or that was named otherwise than a run names it.
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
