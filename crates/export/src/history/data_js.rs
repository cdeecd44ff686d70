//! Writes the `data.js` of github-action-benchmark, which the action keeps beside its page and adds each new run to
//! (<https://github.com/benchmark-action/github-action-benchmark>, `DataJson` and `SCRIPT_PREFIX` in its
//! `src/write.ts`, `Commit` in its `src/extract.ts`).
//!
//! There is a group of charts for each machine and toolchain, and a chart for each model in each scenario. A chart
//! shows the distance to the floor, and has the name that the export of one run gives it, so that the action can go
//! on with what is here. The action does so if its `name` is that of the group. The A/A arm is left out, as in the
//! export of one run. Only the name of a commit is known: in place of its message stands which run it was, and its
//! time is the run's.

use std::collections::BTreeMap;

use fanout_analysis::history::{CommitLinks, Group, History, RunFacts, Series};
use fanout_record::run::{Role, benchmark};
use jiff::Timestamp;
use serde::Serialize;

use crate::error::ExportError;
use crate::github_action_benchmark::Entry;

/// What the file begins with. The action cuts off as many bytes, and reads the rest as JSON.
const PREFIX: &[u8] = b"window.BENCHMARK_DATA = ";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    /// The latest `date`. Both are milliseconds since 1970.
    last_update: i64,
    /// The action sets this with each run that it adds.
    repo_url: &'static str,
    entries: BTreeMap<String, Vec<Measured>>,
}

/// One run.
#[derive(Serialize)]
struct Measured {
    commit: Commit,
    date: i64,
    tool: &'static str,
    benches: Vec<Entry>,
}

/// Everything about a commit that the action's page looks at.
#[derive(Serialize)]
struct Commit {
    author: Somebody,
    committer: Somebody,
    id: String,
    message: String,
    timestamp: String,
    url: String,
}

/// A person. The recorded runs do not say who it was.
#[derive(Serialize)]
struct Somebody {
    name: &'static str,
    username: &'static str,
}

/// Writes the history as the action keeps it.
pub(super) fn write(history: &History, links: &CommitLinks) -> Result<Vec<u8>, ExportError> {
    let groups = history.groups.iter().map(|group| (title(group), measured(group, links)));
    let entries: BTreeMap<_, Vec<Measured>> = groups.collect();
    let last_update = entries.values().flatten().map(|measured| measured.date).max().unwrap_or(0);
    let mut bytes = PREFIX.to_vec();
    serde_json::to_writer_pretty(&mut bytes, &Data { last_update, repo_url: "", entries })?;
    Ok(bytes)
}

fn title(group: &Group) -> String {
    format!("machine {}, {}", group.id, group.toolchain)
}

/// Returns the group's runs in the order of the page, but only those that have a figure.
fn measured(group: &Group, links: &CommitLinks) -> Vec<Measured> {
    let mut benches: Vec<Vec<Entry>> = group.runs.iter().map(|_| Vec::new()).collect();
    for series in group.series.iter().filter(|series| series.role != Role::Again) {
        let name = chart(group, series);
        for point in &series.points {
            let range = point.interval.map(|(low, high)| format!("{low:.3} .. {high:.3}"));
            let extra = format!("run {}\nmachine {}", group.runs[point.run].id, group.id);
            benches[point.run].push(Entry { name: name.clone(), unit: "x floor", value: point.ratio, range, extra });
        }
    }
    let runs = group.runs.iter().zip(benches).filter(|(_, benches)| !benches.is_empty());
    let measured = |(run, benches)| Measured {
        commit: commit(run, links),
        date: milliseconds(&run.started),
        tool: "customSmallerIsBetter",
        benches,
    };
    runs.map(measured).collect()
}

/// Names the chart of a series as the export of one run does. If a model met two scenarios of one name, the chart's
/// name also has the server and what else was asked for, because charts of the same name would be one.
fn chart(group: &Group, series: &Series) -> String {
    let Series { question, label, parameter, server, apart, .. } = series;
    let is_same = |other: &&Series| (&other.question, &other.label, &other.parameter) == (question, label, parameter);
    let servers = group.series.iter().filter(is_same).any(|other| other.server != *server);
    let server = servers.then(|| format!("server {server}"));
    let told: Vec<String> = server.into_iter().chain(apart.iter().cloned()).collect();
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    format!("{}{told} x floor", benchmark(question, label, parameter))
}

fn commit(run: &RunFacts, links: &CommitLinks) -> Commit {
    let nobody = || Somebody { name: "unknown", username: "unknown" };
    let changed = if run.dirty == Some(true) { ", of a changed tree" } else { "" };
    let partial = if run.partial { ", a partial run" } else { "" };
    Commit {
        author: nobody(),
        committer: nobody(),
        id: run.commit.clone().unwrap_or_else(|| "no commit".into()),
        message: format!("fanout's run {} of {}{changed}{partial}", run.id, run.started),
        timestamp: run.started.clone(),
        url: links.to(run).unwrap_or_default(),
    }
}

/// Converts a time from a run file to milliseconds since 1970. A text that is no time counts as 1970.
fn milliseconds(time: &str) -> i64 {
    time.parse().map_or(0, Timestamp::as_millisecond)
}
