//! Are the models as fast as dedicated load generators? A batch has 20,000 requests at 0 ms with 20 in flight, with
//! all connections open. oha, wrk and plumbrs run beside the models against the same server (the hyper engine), in
//! the same rounds.
//!
//! The answer looks like: requests a second and CPU time per request, and for each model the ratio of its throughput
//! to that of each rival. The bench does not show much about slow servers, where all of them wait equally long; and
//! the rivals do not check the answers. wrk has no option for the number of requests and runs for a second; the
//! others make the given number. A rival's throughput is the figure that it prints itself. A rival's CPU time
//! includes its start; a model's does not.
//!
//! `cargo bench -p fanout-benches --bench rivals` runs it. If a rival is not on the path, it is left out, and the
//! command that installs it is printed. The bench reads `FANOUT_MODELS`, `FANOUT_ROUNDS` and `FANOUT_AWAKE`.

use std::num::NonZeroUsize;
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use fanout_analysis::floors::{EPOLL, IO_URING};
use fanout_harness::arm::RunningArm;
use fanout_harness::awake::Awake;
use fanout_harness::case::Case;
use fanout_harness::config::Config;
use fanout_harness::endpoint::Endpoint;
use fanout_harness::interrupt;
use fanout_model::Url;
use fanout_needs::skip;
use fanout_record::run::Role;
use fanout_stats::{Estimate, median, paired_ratio};
use fanout_suite::by_name::{ended, is_tried};
use fanout_suite::taking_part::{chooses, control_arms, taking_part};
use fanout_usage::Meter;
use mock_server::Engine;

const IN_FLIGHT: usize = 20;

/// A load generator.
struct Rival {
    name: &'static str,
    /// The command that installs it.
    install: &'static str,
    program: &'static str,
    /// Its arguments for this many requests.
    arguments: fn(usize) -> Vec<String>,
    /// Whether it makes exactly as many requests as its arguments say.
    counts: bool,
    /// Finds the requests per second in its output.
    rate: fn(&str) -> Option<f64>,
}

const RIVALS: [Rival; 4] = [
    Rival {
        name: "oha",
        install: "cargo install oha",
        program: "oha",
        arguments: |n| words(&format!("-n {n} -c {IN_FLIGHT} --no-tui --output-format json")),
        counts: true,
        rate: |said| serde_json::from_str::<serde_json::Value>(said).ok()?["summary"]["requestsPerSec"].as_f64(),
    },
    Rival {
        name: "wrk -t1",
        install: "apt install wrk",
        program: "wrk",
        arguments: |_| words(&format!("-t1 -c{IN_FLIGHT} -d1s")),
        counts: false,
        rate: |said| said.lines().find_map(|line| line.strip_prefix("Requests/sec:"))?.trim().parse().ok(),
    },
    Rival {
        name: "plumbrs reqwest",
        install: "cargo install plumbrs",
        program: "plumbrs",
        arguments: |n| words(&format!("-C reqwest -t 1 -c {IN_FLIGHT} -r {} --stats-csv", n / IN_FLIGHT)),
        counts: true,
        rate: plumbrs_rate,
    },
    Rival {
        name: "plumbrs hyper",
        install: "cargo install plumbrs",
        program: "plumbrs",
        arguments: |n| words(&format!("-C hyper -t 1 -c {IN_FLIGHT} -r {} --stats-csv", n / IN_FLIGHT)),
        counts: true,
        rate: plumbrs_rate,
    },
];

/// Finds the column `rps` in the CSV row of plumbrs (plumbrs 0.41, `engine.rs`).
fn plumbrs_rate(said: &str) -> Option<f64> {
    said.lines().last()?.split(',').nth(16)?.parse().ok()
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

impl Rival {
    fn command(&self, requests: usize, url: &Url) -> Command {
        let mut command = Command::new(self.program);
        command.args((self.arguments)(requests)).arg(url.as_str());
        command
    }

    fn is_there(&self) -> bool {
        Command::new(self.program).arg("--version").output().is_ok()
    }

    /// Returns the requests per second as the rival prints them, and the CPU time of a request in microseconds.
    fn sample(&self, case: &Case, endpoint: &Endpoint, url: &Url) -> anyhow::Result<(f64, f64)> {
        let server = endpoint.server().context("a rival asks the mock server only")?;
        server.reset()?;
        let meter = Meter::start();
        let output = self.command(case.requests, url).output()?;
        let usage = meter.stop();
        ensure!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        let arrivals = server.stats()?.arrivals;
        let asked = if self.counts { case.requests as u64 } else { 1 };
        ensure!(arrivals >= asked, "{}: the server saw {arrivals} arrivals for {asked} requests", self.name);
        let said = String::from_utf8_lossy(&output.stdout);
        let rate = (self.rate)(&said).with_context(|| format!("{} said no rate: {said}", self.name))?;
        Ok((rate, usage.cpu().as_secs_f64() * 1e6 / arrivals as f64))
    }
}

/// One row of the table: the figures of each round.
struct Row {
    name: String,
    rate: Vec<f64>,
    cpu: Vec<f64>,
}

fn main() -> ExitCode {
    fanout_harness::enter();
    let tried = is_tried();
    ended("rivals", Config::from_env().map_err(anyhow::Error::msg).and_then(|config| compare(&config, tried)))
}

/// Measures and prints the table. In a trial run (`tried`), it measures one round of a small batch.
fn compare(config: &Config, tried: bool) -> anyhow::Result<()> {
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET");
    let (rounds, requests) = if tried { (1, 1_000) } else { (config.rounds.unwrap_or(15), 20_000) };
    let concurrency = NonZeroUsize::new(IN_FLIGHT);
    let case = Case { requests, concurrency, engine: Engine::Hyper, ..Case::WARM };
    let mut rivals = Vec::new();
    for rival in RIVALS {
        match rival.is_there() {
            true => rivals.push(rival),
            false => {
                skip(rival.program, &format!("not on the path; {}", rival.install)).map_err(anyhow::Error::msg)?;
            }
        }
    }
    // The control arm on epoll comes first, because `table` expects it there.
    let models = control_arms()?.into_iter().chain(taking_part(config, chooses, false)?);
    let entrants = models.map(|model| case.entrant(model.id().into(), model, Role::Model));
    let entrants = entrants.collect::<Result<Vec<_>, _>>()?;
    let endpoint = Endpoint::open_for(&case.scenario(), case.engine)?;
    let work = endpoint.work(&case.scenario())?;
    let url = work.for_the_floor.first().context("there are requests")?.url().clone();
    let mut arms = entrants.iter().map(|entrant| RunningArm::new(entrant, &work)).collect::<Result<Vec<_>, _>>()?;
    let names = entrants.iter().map(|entrant| entrant.label.clone());
    let names = names.chain(rivals.iter().map(|rival| rival.name.to_owned()));
    let mut rows: Vec<Row> = names.map(|name| Row { name, rate: Vec::new(), cpu: Vec::new() }).collect();

    interrupt::listen()?;
    let awake = config.awake.then(Awake::start).transpose().context("FANOUT_AWAKE")?;
    for round in 0..rounds {
        let mut turns: Vec<usize> = (0..rows.len()).collect();
        fastrand::shuffle(&mut turns);
        for turn in turns {
            ensure!(!interrupt::asked(), "interrupted");
            let (rate, cpu) = match arms.get_mut(turn) {
                Some(arm) => {
                    let (sample, _) = arm.sample(round)?;
                    let per_request = |seconds: f64| seconds / requests as f64;
                    let wall = per_request(sample.wall_ns as f64 / 1e9);
                    (1.0 / wall, per_request(sample.usage.cpu().as_secs_f64()) * 1e6)
                }
                None => rivals[turn - arms.len()].sample(&case, &endpoint, &url)?,
            };
            rows[turn].rate.push(rate);
            rows[turn].cpu.push(cpu);
        }
    }
    let note = if awake.is_some() { ", processors kept awake" } else { "" };
    println!(
        "{requests} requests at 0 ms, {IN_FLIGHT} in flight, {rounds} rounds{note}\n{}",
        table(&rows, arms.len())
    );
    if let (Some(epoll), Some(uring)) = (row(&rows, EPOLL), row(&rows, IO_URING)) {
        // Less time is a higher rate.
        let (time, cpu) = (ratio(&epoll.rate, &uring.rate), ratio(&uring.cpu, &epoll.cpu));
        println!("{IO_URING} takes {time} of the time of {EPOLL}, and {cpu} of its CPU");
    }
    Ok(())
}

fn row<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// Makes the table. It shows the throughput as ratios to each rival, and the CPU time as a ratio to the control
/// arm on epoll, which is the first row.
fn table(rows: &[Row], models: usize) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let (own, rivals) = rows.split_at(models);
    let header = ["", "requests/s", "CPU us/request", "x floor's CPU"].map(str::to_owned);
    table.set_header(header.into_iter().chain(rivals.iter().map(|rival| format!("x {}", rival.name))));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut sorted: Vec<&Row> = rows.iter().collect();
    let rate = |row: &Row| median(&row.rate, 0.95).map_or(0.0, |rate| rate.value);
    sorted.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    for row in sorted {
        let cpu = median(&row.cpu, 0.95).map_or("-".into(), |cpu| format!("{:.1}", cpu.value));
        let mut cells = vec![row.name.clone(), format!("{:.0}", rate(row)), cpu];
        cells.push(own.first().map_or("-".into(), |floor| ratio(&row.cpu, &floor.cpu)));
        cells.extend(rivals.iter().map(|rival| ratio(&row.rate, &rival.rate)));
        table.add_row(cells);
    }
    table
}

fn ratio(a: &[f64], b: &[f64]) -> String {
    match paired_ratio(a, b, 0.95) {
        Some(Estimate { value, interval: Some((low, high)) }) => format!("{value:.2} ({low:.2} .. {high:.2})"),
        Some(Estimate { value, interval: None }) => format!("{value:.2}"),
        None => "-".into(),
    }
}
