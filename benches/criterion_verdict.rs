//! How often does Criterion call identical builds different, and how often does `compare`? Both do the same work in
//! turn: one model in a worker process, in batches of the scenario `busy` (a server that answers at once, 20 in
//! flight), with 20 seconds for each verdict.
//!
//! Criterion is used as its users use it: this program runs with `--save-baseline base`, and once more, in a fresh
//! process, with `--baseline base`. Criterion's verdict is the one that the second run prints, and all other settings
//! are its defaults. One server answers both runs, as in a comparison; two runs of `cargo bench` would have one
//! server each.
//!
//! The answer looks like: Criterion calls one in five pairs different (3 of 15 on two shared cores, 5 of 15 by its
//! test alone), and `compare` calls none or one in a hundred different (0 of 15). The bench does not show how small a
//! change either of them detects; `cargo fanout calibrate` does. The result depends on what else the machine does.
//! Try the bench once while another process keeps one of the processors busy.
//! `cargo bench -p fanout-benches --bench criterion_verdict` runs ten pairs, in seven minutes at most;
//! `FANOUT_PAIRS=100` runs 100.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio, exit};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use criterion::Criterion;
use fanout_compare::calibration::Tried;
use fanout_compare::session::Subject;
use fanout_compare::{comparison, scenario, summary};
use fanout_harness::arm::{Build, RunningArm};
use fanout_harness::case::Case;
use fanout_harness::config::Config;
use fanout_harness::endpoint::Endpoint;
use fanout_harness::interrupt;
use fanout_harness::named::Named;
use fanout_harness::target::Target;
use fanout_models::AGAIN;
use fanout_record::paths::derived;
use fanout_suite::by_name::is_tried;
use fastrand::Rng;

/// The environment variable that makes a process the one in which Criterion measures. Its value is the server's URL.
const MEASURED: &str = "CRITERION_VERDICT_OF";

/// The verdicts that Criterion prints about a second run (criterion 0.8, `report.rs`). It prints one of the first two
/// if the interval of the change is beyond 1 %. It prints the third if the interval is not, but the test found a
/// difference (p < 0.05).
const SAID: [&str; 4] = [
    "Performance has regressed.",
    "Performance has improved.",
    "Change within noise threshold.",
    "No change in performance detected.",
];

/// How much time Criterion and `compare` may each take for a pair.
struct Allowed {
    /// Criterion's options for each of its two runs; the rest of its 20 seconds goes into starting and analysing.
    criterion: &'static [&'static str],
    compare: Duration,
    /// The smallest difference that matters to `compare`, as a ratio.
    threshold: f64,
}

const ALLOWED: Allowed = Allowed {
    criterion: &["--warm-up-time", "1", "--measurement-time", "8"],
    compare: Duration::from_secs(20),
    threshold: 0.03,
};

/// The time for a trial run with `--test`. With so little time, the verdicts mean nothing.
const TRIED: Allowed = Allowed {
    criterion: &["--warm-up-time", "0.1", "--measurement-time", "0.1", "--sample-size", "10", "--nresamples", "2000"],
    compare: Duration::from_secs(1),
    threshold: 1.0,
};

/// The verdicts so far.
#[derive(Default)]
struct Verdicts {
    /// Criterion's verdicts, in the order of [`SAID`].
    criterion: [usize; SAID.len()],
    /// How long Criterion took for them.
    took: Duration,
    compare: Tried,
}

fn main() -> ExitCode {
    fanout_harness::enter();
    let tried = is_tried();
    let done = match std::env::var(MEASURED) {
        Ok(url) => be_measured(&url).map(|()| ExitCode::SUCCESS),
        Err(_) => answer(tried),
    };
    done.unwrap_or_else(|error| {
        eprintln!("criterion_verdict: {error:#}");
        ExitCode::FAILURE
    })
}

fn answer(tried: bool) -> anyhow::Result<ExitCode> {
    let config = Config::from_env().map_err(anyhow::Error::msg)?;
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET");
    let (pairs, allowed) = if tried { (1, TRIED) } else { (config.pairs.unwrap_or(10), ALLOWED) };
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let case = busy()?;
    let mut verdicts = Verdicts::default();
    for pair in 1..=pairs {
        if let Err(error) = judge(pair, case, &allowed, &mut verdicts) {
            // A Ctrl-C at a terminal also reaches the process in which Criterion measures, which then fails.
            if !interrupt::asked() {
                return Err(error);
            }
        }
        if interrupt::asked() {
            break;
        }
    }
    println!("\n{}", table(&verdicts));
    let [regressed, improved, within_noise, unchanged] = verdicts.criterion;
    let (called, tested) = (regressed + improved, regressed + improved + within_noise);
    let (of, compared) = (tested + unchanged, &verdicts.compare);
    println!("called different: by Criterion {called} of {of} ({tested} by its test alone, p < 0.05)");
    println!("                  by compare {} of {}", compared.regressed + compared.improved, compared.tries);
    Ok(if interrupt::asked() { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

fn busy() -> anyhow::Result<Case> {
    scenario::find("busy").map_err(anyhow::Error::msg)
}

fn subject(case: Case) -> Subject<'static> {
    Subject { model: AGAIN, case, baseline: &Build::This, candidate: &Build::This }
}

/// Judges one pair with Criterion and with `compare`.
fn judge(pair: usize, case: Case, allowed: &Allowed, verdicts: &mut Verdicts) -> anyhow::Result<()> {
    let start = Instant::now();
    let output = criterions(case, allowed)?;
    let said = SAID.iter().position(|said| output.contains(said));
    let said = said.with_context(|| format!("Criterion gave no verdict: {output}"))?;
    verdicts.criterion[said] += 1;
    verdicts.took += start.elapsed();
    let change = output.lines().find_map(|line| line.trim().strip_prefix("change: "));
    println!("{pair}: Criterion: {} {}", SAID[said], change.unwrap_or_default());

    let outcome = comparison::one(&subject(case), allowed.compare, allowed.threshold, &mut Rng::new());
    if let Some(failure) = outcome.failure {
        bail!("compare: {failure}");
    }
    if !interrupt::asked() {
        println!("{pair}: compare: {}", summary::line(&outcome));
        verdicts.compare.add(&outcome);
    }
    Ok(())
}

/// Returns what Criterion prints when it compares this program with itself. Criterion's files of the last pair are
/// kept.
fn criterions(case: Case, allowed: &Allowed) -> anyhow::Result<String> {
    let home = derived().join("criterion-verdict");
    match fs::remove_dir_all(&home) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", home.display()));
        }
        _ => {}
    }
    let endpoint = Endpoint::open_for(&case.scenario(), case.engine).context("no server to measure against")?;
    let url = endpoint.server().context("the server is ours")?.uuid_url();
    run(url.as_str(), &home, "--save-baseline", allowed)?;
    run(url.as_str(), &home, "--baseline", allowed)
}

/// Runs Criterion once in a separate process, without its plots, and returns what it printed.
fn run(url: &str, home: &Path, baseline: &str, allowed: &Allowed) -> anyhow::Result<String> {
    let output = Command::new("/proc/self/exe")
        .args(["--bench", "--noplot", baseline, "base"])
        .args(allowed.criterion)
        .env(MEASURED, url)
        .env("CRITERION_HOME", home)
        .stdin(Stdio::null())
        .output()?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "Criterion's {baseline}: {}: {said}{errors}", output.status);
    Ok(said.into_owned())
}

/// Measures as an ordinary bench does: with one benchmark, for which Criterion decides how often it runs. If the
/// parent process ends, its server ends too, and then this process ends with the next batch.
fn be_measured(url: &str) -> anyhow::Result<()> {
    let case = busy()?;
    let endpoint = Endpoint::named(Named::Server(Target::new(url, None)?));
    let work = endpoint.work(&case.scenario())?;
    let entrant = subject(case).entrant("either", &Build::This)?;
    let mut arm = RunningArm::new(&entrant, &work)?;
    // As with `compare`, only the batch is on the clock.
    let mut batches = |n: u64| (0..n).map(|_| Ok(arm.sample(0)?.0.wall_ns)).sum::<anyhow::Result<u64>>();
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("identical", |bencher| {
        bencher.iter_custom(|n| match batches(n) {
            Ok(wall_ns) => Duration::from_nanos(wall_ns),
            // Criterion has no way to report an error. The worker ends with this process.
            Err(error) => {
                eprintln!("{error:#}");
                exit(1)
            }
        });
    });
    Ok(())
}

fn table(verdicts: &Verdicts) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header([
        "verdict of",
        "pairs",
        "regressed",
        "improved",
        "within noise",
        "no change",
        "inconclusive",
        "s each",
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let pairs: usize = verdicts.criterion.iter().sum();
    let [regressed, improved, within_noise, unchanged] = verdicts.criterion.map(|count| count.to_string());
    let seconds = format!("{:.1}", verdicts.took.as_secs_f64() / pairs.max(1) as f64);
    let none = || "-".to_owned();
    table.add_row([
        "Criterion".into(),
        pairs.to_string(),
        regressed,
        improved,
        within_noise,
        unchanged,
        none(),
        seconds,
    ]);
    let Tried { tries, regressed, improved, equivalent, took_s, .. } = &verdicts.compare;
    let inconclusive = tries - regressed - improved - equivalent;
    table.add_row([
        "compare".into(),
        tries.to_string(),
        regressed.to_string(),
        improved.to_string(),
        none(),
        equivalent.to_string(),
        inconclusive.to_string(),
        format!("{took_s:.1}"),
    ]);
    table
}
