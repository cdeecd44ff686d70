//! `cargo fanout compare`: did this commit make it slower?

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use fanout_compare::compare::{Asked, Side, compare};
use fanout_compare::scenario::{self, ALL, Kind};
use fanout_compare::tree::{Tree, WORKING_TREE};
use fanout_compare::{build, summary};
use fanout_harness::arm::Build;
use fanout_harness::interrupt;
use fanout_model::Model;
use fanout_models::AGAIN;
use fanout_record::{derived, file, workspace};
use fastrand::Rng;
use mock_server::cli::duration;

/// Compare two commits, built and measured in the same rounds.
///
/// Exit code: 0 where nothing regressed, 1 where something did, 3 where it can't be told, 4 where the two can't be
/// compared.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The revision that was there before.
    #[arg(default_value = "HEAD")]
    a: String,

    /// The revision in question; `working-tree` for the files as they are.
    #[arg(default_value = WORKING_TREE)]
    b: String,

    /// The models, separated by commas.
    #[arg(long, short, value_name = "IDS", value_delimiter = ',', value_parser = fanout_models::find_or_suggest)]
    models: Vec<&'static dyn Model>,

    /// The scenarios, separated by commas: busy, waiting, connecting.
    #[arg(long, short, value_name = "NAMES", value_delimiter = ',', value_parser = scenario::find)]
    scenarios: Vec<Kind>,

    /// How long measuring may take, building aside.
    #[arg(long, default_value = "5m", value_parser = duration)]
    budget: Duration,

    /// The smallest difference that matters, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0)]
    threshold: f64,

    /// Write a summary for a pull request there, in Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("a", &self.a).field("b", &self.b).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    let asked = match sides(arguments) {
        Ok((a, b)) => Asked {
            a,
            b,
            models: if arguments.models.is_empty() { vec![AGAIN] } else { arguments.models.clone() },
            kinds: if arguments.scenarios.is_empty() { ALL[..2].to_vec() } else { arguments.scenarios.clone() },
            budget: arguments.budget,
            threshold: arguments.threshold / 100.0,
        },
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(4));
        }
    };
    eprintln!("A: {}\nB: {}", asked.a.name, asked.b.name);
    let outcomes = compare(&asked, &mut Rng::new(), |outcome| {
        // A reader that has seen enough does not end the measuring.
        let _ = writeln!(stdout(), "{}", summary::line(outcome));
    });
    if let Some(path) = &arguments.markdown {
        let text = summary::markdown(&asked.a.name, &asked.b.name, &outcomes);
        file::replace_bytes(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if interrupt::asked() {
        return Ok(ExitCode::from(130));
    }
    println!("{}", summary::conclusion(&outcomes));
    Ok(summary::exit_code(&outcomes))
}

fn sides(arguments: &Arguments) -> anyhow::Result<(Side, Side)> {
    let tree = Tree::new(&workspace(), &derived())?;
    let side = |revision: &str| {
        let commit = tree.commit(revision)?;
        eprintln!("building {revision} ...");
        let program = build::program(&tree, &commit, &derived()).with_context(|| revision.to_owned())?;
        let name = if revision == WORKING_TREE { "the files as they are".into() } else { tree.describe(&commit) };
        anyhow::Ok(Side { name, build: Build::Program(program) })
    };
    Ok((side(&arguments.a)?, side(&arguments.b)?))
}
