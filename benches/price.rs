//! What does a model cost before it makes its first request? For each model, cargo builds a minimal program that uses
//! it, from nothing and again after a touch, and the program is started. The models take turns in shuffled order. The
//! floor takes part as the control arm: its program has all that fanout itself brings, and no HTTP library.
//!
//! The answer looks like: 74 to 106 crates and 3.2 to 3.6 MB for `sequential`, `hyper` and `thread-pool-ureq`, and 56
//! crates and 1.1 MB for the floor. How long that builds depends on the machine most of all. Repetitions should agree
//! within 5 % in sizes and numbers of crates, and within 15 % in times. The bench does not show what a model adds to
//! a program that has its libraries anyway, nor a build with other features or in other profiles. A program that
//! copies a model's code without fanout has fewer crates; `cargo fanout models NAME` says how many.
//!
//! `cargo bench -p fanout-benches --bench price` runs it, in a quarter of an hour or more; a plain `cargo bench` does
//! not. It keeps the price run in `target/fanout/last-price.json`, from where the page of a run takes it, and `cargo
//! fanout record --price` records it. Each model is built once, three times with `FANOUT_PROFILE=full`; with
//! `FANOUT_PROFILE=quick`, only one model is built unless some are named. The bench reads `FANOUT_MODELS` and
//! `FANOUT_SEED` as well. It needs cargo, a C compiler and 2 GB, and no network.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use fanout_harness::config::{Config, Profile};
use fanout_harness::server::{Server, Serving};
use fanout_harness::{disk, exit, interrupt, printing};
use fanout_model::Model;
use fanout_models::{FLOOR, FLOORS, find};
use fanout_needs::skip;
use fanout_price::measure::{Effort, Measurer};
use fanout_price::program::Program;
use fanout_price::run::{Plan, Turn};
use fanout_price::workshop::Workshop;
use fanout_record::paths::{derived, workspace};
use fanout_record::price::Prices;
use fanout_record::{last, last_price};
use fanout_report::price;
use fanout_suite::by_name::is_tried;
use mock_server::Engine;

/// The model that stands for all where little time is to be taken.
const SMALL: &str = "sequential";

fn main() -> ExitCode {
    fanout_harness::enter();
    let tried = is_tried();
    match Config::from_env().map_err(anyhow::Error::msg).and_then(|config| bench(&config, tried)) {
        Ok(code) => ExitCode::from(code),
        Err(_) if interrupt::asked() => ExitCode::from(exit::INTERRUPTED),
        Err(error) => {
            printing::note(&format!("price: {error:#}"));
            ExitCode::from(exit::CANNOT)
        }
    }
}

/// Measures and prints. In a trial run (`tried`), it builds one small model without optimisation, and keeps nothing.
fn bench(config: &Config, tried: bool) -> anyhow::Result<u8> {
    ensure!(config.named.is_none(), "it asks the mock server: unset FANOUT_TARGET and FANOUT_REQUESTS");
    let models = models(config, tried)?;
    let effort = if tried { Effort::TRIED } else { Effort::MEASURED };
    let repetitions = if config.profile == Profile::Full && !tried { 3 } else { 1 };
    let programs = models.iter().map(|model| Program::of(*model, &workspace())).collect::<anyhow::Result<_>>()?;
    let plan = Plan { programs, repetitions, seed: config.seed.unwrap_or_else(last::seed) };
    if !tried {
        last::try_place()
            .with_context(|| format!("nothing was built: cannot keep prices in {}", derived().display()))?;
    }
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let server = Server::start(Serving { engine: Engine::Hyper, ..Serving::default() })?;
    let workshop = Workshop::open(&derived(), &workspace())?;
    let measurer = Measurer::new(&workshop, effort, Some(server.uuid_url()))?;
    let measure = |program: &Program, repetition| measurer.measure(program, repetition);
    let prices = plan.run(measure, |prices, turn| {
        printing::note(&progress(prices, turn));
        keep(prices, tried)?;
        match disk::full(&derived()).filter(|_| turn.result.is_err()) {
            Some(full) => bail!("{full}; the prices that were measured before are kept"),
            None => Ok(()),
        }
    })?;
    // It may have been stopped after what was kept last.
    keep(&prices, tried)?;
    tell(&prices, tried)
}

/// Keeps what is known so far. What is only tried is not kept, and a price run without a price replaces no other.
fn keep(prices: &Prices, tried: bool) -> anyhow::Result<()> {
    if tried || prices.is_empty() { Ok(()) } else { last_price::keep(prices).context("cannot keep the prices") }
}

/// Returns the models to build: those that were asked for, and the control arms. One small model is enough if little
/// time is to be taken and nobody asked for certain models.
fn models(config: &Config, tried: bool) -> anyhow::Result<Vec<&'static dyn Model>> {
    let is_short = tried || config.profile == Profile::Quick;
    if is_short && !config.models_are_named {
        let small = find(SMALL).context("the roster lacks its smallest model")?;
        return Ok(if tried { vec![small] } else { vec![small, FLOOR] });
    }
    let mut models = Vec::new();
    for model in config.models.iter().chain(FLOORS).copied() {
        match model.available() {
            Err(why) => skip(model.id(), &why.to_string()).map_err(anyhow::Error::msg)?,
            Ok(()) => models.push(model),
        }
    }
    Ok(models)
}

/// Returns a line about the turn that is over, and how long the others take.
fn progress(prices: &Prices, turn: &Turn<'_>) -> String {
    let took = prices.took_ns as f64 / 1e9;
    let left = match turn.of - turn.number {
        0 => String::new(),
        others => format!("; some {:.0} min left", took / turn.number as f64 * others as f64 / 60.0),
    };
    let result = match turn.result {
        Ok(build) => format!(
            "{} crates, built in {:.1} s, {:.2} MB",
            build.tree.crates,
            build.clean_ns as f64 / 1e9,
            build.size_bytes as f64 / 1e6
        ),
        // All of the reason is printed at the end.
        Err(reason) => format!("failed: {}", reason.lines().next().unwrap_or_default()),
    };
    format!("price: {} of {}, {}: {result}{left}", turn.number, turn.of, turn.id)
}

/// Prints the answer and the table, and returns the exit code.
fn tell(prices: &Prices, tried: bool) -> anyhow::Result<u8> {
    let mut said = price::answer(prices);
    said.extend(price::missing(prices));
    if !prices.is_empty() {
        said.push(format!("\n{}\n", price::table(prices)));
        said.extend(price::agreement(prices));
    }
    if tried {
        said.push("This was a trial without optimisation, and nothing was kept.".into());
    } else if !prices.is_empty() {
        said.push(format!("prices: {}", last_price::path().display()));
    }
    printing::say(&said.join("\n")).context("cannot write to standard output")?;
    Ok(match (interrupt::asked(), prices.models.iter().any(|price| price.failure.is_some())) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::BAD_ANSWER,
        (false, false) => exit::SUCCESS,
    })
}
