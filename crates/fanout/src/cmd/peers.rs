//! `cargo fanout peers`: the programs in other languages, and what they need.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fanout_harness::exit;
use fanout_model::Model;
use fanout_peers::{Language, PEERS, setup};

use super::say::{say, tell};

/// List the programs in other languages, and whether each can run here; or make what they need.
///
/// `FANOUT_PEERS=python,node,go cargo bench --bench notebook` measures them beside the models. `server_delay` and
/// `work` do so as well, and `cargo bench -p fanout-benches --bench peers` compares their processor time.
/// FANOUT_PYTHON, FANOUT_PYTHON_FREE, FANOUT_NODE and FANOUT_GO name other interpreters. See docs/peers.md.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make what the peers need, below cargo's target folder.
    ///
    /// Python's libraries are those of a lock file, with their versions and hashes. Go's program is built. Node needs
    /// nothing but itself. What is missing is named, with the way to install it, and then the exit code is 2.
    Setup {
        /// The languages: python, node or go; all of them by default.
        #[arg(value_name = "LANGUAGE")]
        languages: Vec<Language>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.action {
        None => say(list()),
        Some(Action::Setup { languages }) => {
            let all = if languages.is_empty() { &Language::ALL[..] } else { languages };
            if !set_up(all) {
                return Ok(ExitCode::from(exit::CANNOT));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each peer, with how many requests it has in flight by default, and then each reason why some of them
/// cannot run here.
fn list() -> String {
    let width = PEERS.iter().map(|peer| peer.id().len()).max().unwrap_or(0);
    let mut lines = vec![format!("{:width$}  in flight", "")];
    let mut lacking: Vec<(String, Vec<&str>)> = Vec::new();
    for peer in PEERS {
        let limit = if peer.keeps_a_limit() { peer.concurrency().default_limit().to_string() } else { "all".into() };
        let (id, about) = (peer.id(), peer.described().unwrap_or_else(|_| peer.about().into()));
        lines.push(format!("{id:width$}  {limit:>5}  {about}"));
        let Err(lacks) = peer.label() else { continue };
        match lacking.iter_mut().find(|(reason, _)| *reason == lacks) {
            Some((_, ids)) => ids.push(id),
            None => lacking.push((lacks, vec![id])),
        }
    }
    lines.extend(lacking.iter().map(|(reason, ids)| format!("Not on this machine: {}: {reason}", ids.join(", "))));
    lines.push("`cargo fanout peers setup` makes what they need; docs/peers.md says what they are.".into());
    lines.join("\n")
}

/// Makes what the peers in these languages need. Returns whether nothing is missing.
fn set_up(languages: &[Language]) -> bool {
    let made: Vec<_> = languages.iter().flat_map(|language| setup::make(*language)).collect();
    for made in &made {
        match &made.result {
            Ok(place) => say(format!("{}: {place}", made.what)),
            Err(why) if made.is_optional => tell(format!("{}: left out: {why}", made.what)),
            Err(why) => tell(format!("{}: missing: {why}", made.what)),
        }
    }
    made.iter().all(|made| made.result.is_ok() || made.is_optional)
}
