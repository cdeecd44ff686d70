//! How many instructions does one request take? Each client family takes its turn and makes one request at a time, on
//! the hyper engine at 5 ms. valgrind's callgrind counts the instructions. This is a second opinion that a busy
//! machine cannot change.
//!
//! The answer looks like: tens of thousands for each family, repeatable within 0.5 %, or 3 % if threads take turns
//! (`reqwest::blocking`). The bench also shows how much each count changed since the previous one, which is in
//! `target/fanout/instructions.json`. To compare two states of the code, run the bench in one and then in the other.
//! The bench does not show how long an instruction takes, nor anything about caches, the kernel (which valgrind does
//! not see) or more than one request in flight.
//!
//! A count is the difference between 2 N requests and N requests, so that starting, connecting and ending cancel out.
//! It includes what the plainest model of a family adds to its client, but not the server, which is a separate
//! process. The bench calls valgrind itself, because gungraun needs a second program, installed in exactly the
//! library's version.
//!
//! `cargo bench -p fanout-benches --bench instructions` runs it, in two to three minutes. Without valgrind, the bench
//! is skipped, or fails if `FANOUT_REQUIRE` names valgrind. It reads `FANOUT_MODELS`.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use fanout_harness::config::Config;
use fanout_harness::server::{Server, Serving};
use fanout_model::{Model, Request, Url};
use fanout_models::{FLOOR, find};
use fanout_needs::skip;
use fanout_record::paths::derived;
use fanout_record::write;
use fanout_suite::by_name::{ended, is_tried};
use fanout_suite::taking_part::taking_part;
use mock_server::Engine;

/// The client families, each with its plainest model.
const FAMILIES: [(&str, &str); 9] = [
    ("raw sockets", "floor"),
    ("hyper, HTTP/1.1", "hyper"),
    ("hyper, HTTP/2", "http2-multiplex"),
    ("hyper on smol", "smol"),
    ("hyper on compio", "compio"),
    ("libcurl", "curl-multi"),
    ("ureq", "sequential"),
    ("reqwest", "tokio-current-thread"),
    ("reqwest::blocking", "thread-pool"),
];

/// The first argument of this program when valgrind runs it and counts.
const ROLE: &str = "__counted";

/// Instructions per request, by model: the counts of all repeats in ascending order.
type Counts = BTreeMap<String, Vec<u64>>;

fn main() -> ExitCode {
    fanout_harness::enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((role, work)) if role == ROLE => be_counted(work),
        _ => answer(is_tried()),
    };
    ended("instructions", done)
}

/// Counts and prints the table. In a trial run (`tried`), it counts two models once with few requests, and stores
/// nothing.
fn answer(tried: bool) -> anyhow::Result<()> {
    let config = Config::from_env().map_err(anyhow::Error::msg)?;
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET");
    let Ok(version) = Command::new("valgrind").arg("--version").output() else {
        return skip("valgrind", "not on the path; apt install valgrind").map_err(anyhow::Error::msg);
    };
    let (repeats, requests) = if tried { (1, 20) } else { (3, 200) };
    // The delay makes every client wait for every answer. If answers were there at once, a client would take other
    // paths through its code, with 4 % more or fewer instructions.
    let delay = Duration::from_millis(5);
    let server = Server::start(Serving { engine: Engine::Hyper, delay, ..Serving::default() })?;
    let is_plainest = |model: &dyn Model| FAMILIES.iter().any(|family| family.1 == model.id());
    let mut counts = Counts::new();
    let mut models = [vec![FLOOR], taking_part(&config, is_plainest, false)?].concat();
    // Two show in a trial run that counting works.
    models.truncate(if tried { 2 } else { models.len() });
    for model in models {
        let count = |_| {
            let few = counted(model.id(), &server.uuid_url(), requests)?;
            let many = counted(model.id(), &server.uuid_url(), 2 * requests)?;
            ensure!(many > few, "{}: twice the requests took no more", model.id());
            Ok((many - few) / requests as u64)
        };
        let mut repeated = (0..repeats).map(count).collect::<anyhow::Result<Vec<u64>>>()?;
        repeated.sort_unstable();
        counts.insert(model.id().into(), repeated);
    }
    let path = derived().join("instructions.json");
    // Without an earlier count that can be read, there is nothing to compare with; and the few requests of a trial
    // run are not compared.
    let before = fs::read(&path).ok().filter(|_| !tried);
    let before: Counts = before.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    print!("{requests} requests, {repeats} times, {}", String::from_utf8_lossy(&version.stdout));
    println!("{}", table(&counts, &before));
    if !tried {
        let kept: Counts = before.into_iter().chain(counts).collect();
        write::replace(&path, &kept).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Returns the number of instructions of a whole process of this program that makes this many requests.
fn counted(id: &str, url: &Url, requests: usize) -> anyhow::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // This is not /proc/self/exe, which would be valgrind itself once valgrind runs.
        .arg(std::env::current_exe()?)
        .args([ROLE, id, url.as_str(), &requests.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{id}: {}: {said}", output.status);
    let total = said.lines().find_map(|line| line.split_once("Collected : ")?.1.parse().ok());
    total.with_context(|| format!("{id}: callgrind said no count: {said}"))
}

/// Makes the requests, in the process that runs under valgrind.
fn be_counted(work: &[String]) -> anyhow::Result<()> {
    let [id, url, requests] = work else { bail!("{ROLE} takes a model, a URL and a number") };
    let model = find(id).with_context(|| format!("no model {id}"))?;
    let requests = vec![Request::get(url.parse()?)?; requests.parse()?];
    let mut runner = model.prepare(&model.settings(NonZeroUsize::MIN)?)?;
    Ok(runner.run(&requests).into_iter().try_for_each(|outcome| outcome.result.map(drop))?)
}

fn table(counts: &Counts, before: &Counts) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["client family", "model", "instructions/request", "spread", "change"]);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (family, id) in FAMILIES {
        let Some((low, middle, high)) = range(counts, id) else { continue };
        let spread = format!("{:.2} %", 100.0 * (high - low) / middle);
        let change = |was| format!("{:+.2} %", 100.0 * (middle / was - 1.0));
        let change = range(before, id).map_or("-".into(), |(_, was, _)| change(was));
        table.add_row([family, id, &format!("{middle:.0}"), &spread, &change]);
    }
    table
}

/// Returns the smallest, the median and the largest count.
fn range(counts: &Counts, id: &str) -> Option<(f64, f64, f64)> {
    let sorted = counts.get(id)?;
    let at = |index: usize| sorted.get(index).map(|count| *count as f64);
    Some((at(0)?, at(sorted.len() / 2)?, at(sorted.len() - 1)?))
}
