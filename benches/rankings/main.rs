//! Are the claims of rankings true? Models whose differences are known are made from measured rounds and compared.
//! How often is one of many identical models called worse? How often is a model that takes 10 % more called as good
//! as the best? And how many of the models that take more are found?
//!
//! The rounds come from the runs in `results/`, from the last run if it says which process each sample was taken in,
//! and from two runs that the bench itself takes while another process is busy for a tenth of the time. Each
//! simulated model has rounds of one measured arm, drawn at random around the model's own middle. The disturbances of
//! the machine are therefore in the rounds as they were. A process effect of 1 % is added, since some of the runs had
//! one process for all rounds. "Disturbed" doubles one batch in fifteen as well.
//!
//! The answer looks like: for the method that is used, "false worse" and "false as good" are at most 5 %, and its
//! intervals hold in at least 94 % of tries, also if rounds end by their widths. The rows above it are the methods
//! that were not chosen. The last part measures 40 runs of one model against itself, with fresh processes and with
//! one process. The bench does not show how noisy another machine is.
//! `cargo bench -p fanout-benches --bench rankings` runs it, in about five minutes.

mod again;
mod busy;
mod counted;
mod made;
mod methods;

use std::process::ExitCode;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use fanout_suite::by_name::{ended, is_tried};
use fastrand::Rng;

use crate::counted::Counted;
use crate::made::{MODELS, Pools, TRUTH, members, recorded};
use crate::methods::{METHODS, holds};

fn main() -> ExitCode {
    fanout_harness::enter();
    ended("rankings", answer(is_tried()))
}

fn answer(tried: bool) -> anyhow::Result<()> {
    let tries = if tried { 3 } else { 400 };
    judge("runs that were recorded", &recorded()?, tries);
    judge("runs on a machine that is busy for a tenth of the time", &busy::measured(tried)?, tries);
    again::repeat(if tried { 2 } else { 40 }, tried)
}

/// For how many rounds the models of the tables keep a process.
const ROUNDS_EACH: usize = 2;

/// Runs the simulations with the noise of these arms, and prints the shares of claims with their limits.
fn judge(what: &str, pools: &Pools, tries: usize) {
    let arms: usize = pools.iter().map(Vec::len).sum();
    println!(
        "\nFrom {what}: {} scenarios with {arms} arms; {tries} tries of {MODELS} models for each row.\n",
        pools.len()
    );
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "method",
        "rounds",
        "disturbed",
        "false worse",
        "false as good",
        "found 5 %",
        "found 10 %",
        "found 20 %",
        "known as good",
    ]);
    let mut rng = Rng::with_seed(1);
    for (name, method) in METHODS {
        for (rounds, disturbed) in [(15, false), (15, true), (30, false), (30, true)] {
            let mut counted = Counted::default();
            for _ in 0..tries {
                counted.identical(&method(&members(pools, &[1.0; MODELS], rounds, ROUNDS_EACH, disturbed, &mut rng)));
                counted.different(&method(&members(pools, &TRUTH, rounds, ROUNDS_EACH, disturbed, &mut rng)));
            }
            table.add_row(counted.row(name, rounds, disturbed, tries));
        }
    }
    println!("{table}\n\nLimits: false worse 5 %, false as good 5 %.\n");
    for (rounds_each, disturbed) in [(1, false), (1, true), (3, false), (3, true)] {
        let held = (0..tries).filter(|_| holds(pools, rounds_each, disturbed, &mut rng)).count();
        println!(
            "Rounds that end by widths, {rounds_each} to a process{}: all {MODELS} intervals hold in {:.1} % of \
             tries (limit 94 %).",
            if disturbed { ", disturbed" } else { "" },
            100.0 * held as f64 / tries as f64
        );
    }
}
