//! `cargo fanout VERB`: each verb has a file in `cmd`, and all files have the same structure.
//!
//! The exit codes are those of [`exit`]. `cmd::say` says what happens if output can't be printed.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cmd;

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use fanout_harness::{config, exit};

use cmd::say::{exit_code, print, tell};

/// Which concurrency model should make N HTTP requests, and what does it cost?
///
/// `cargo bench` measures all of them; these verbs use them one by one, and keep what was measured.
#[derive(Debug, Parser)]
#[command(name = "fanout", bin_name = "cargo fanout", version, arg_required_else_help = true,
    after_help = format!("{}\n\ndocs/glossary.md in the repository defines the terms.", exit::LISTED),
    after_long_help = format!("{}\n\n{}\n\ndocs/glossary.md in the repository defines the terms.", exit::LISTED,
        config::listed()))]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Models(cmd::models::Arguments),
    Fetch(cmd::fetch::Arguments),
    Probe(cmd::probe::Arguments),
    Trace(cmd::trace::Arguments),
    Worker(cmd::worker::Arguments),
    Report(cmd::report::Arguments),
    Export(cmd::export::Arguments),
    Record(cmd::record::Arguments),
    History(cmd::history::Arguments),
    Annotate(cmd::annotate::Arguments),
    Compare(cmd::compare::Arguments),
    Bisect(cmd::bisect::Arguments),
    Diff(cmd::diff::Arguments),
    Calibrate(cmd::calibrate::Arguments),
    NewModel(cmd::new_model::Arguments),
    Prove(cmd::prove::Arguments),
    Peers(cmd::peers::Arguments),
    Netlab(cmd::netlab::Arguments),
    Completions(cmd::completions::Arguments),
}

fn main() -> ExitCode {
    fanout_harness::enter();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) if said.use_stderr() => {
            tell(said.render().to_string().trim_end());
            return ExitCode::from(exit::CANNOT);
        }
        // The text is the help or the version.
        Err(said) => {
            let text = said.render();
            print(&if stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() });
            return exit_code(ExitCode::SUCCESS);
        }
    };
    let result = match arguments.verb {
        Verb::Models(arguments) => cmd::models::run(&arguments),
        Verb::Fetch(arguments) => cmd::fetch::run(&arguments),
        Verb::Probe(arguments) => cmd::probe::run(&arguments),
        Verb::Trace(arguments) => cmd::trace::run(&arguments),
        Verb::Worker(arguments) => cmd::worker::run(&arguments),
        Verb::Report(arguments) => cmd::report::run(&arguments),
        Verb::Export(arguments) => cmd::export::run(&arguments),
        Verb::Record(arguments) => cmd::record::run(&arguments),
        Verb::History(arguments) => cmd::history::run(&arguments),
        Verb::Annotate(arguments) => cmd::annotate::run(&arguments),
        Verb::Compare(arguments) => cmd::compare::run(&arguments),
        Verb::Bisect(arguments) => cmd::bisect::run(&arguments),
        Verb::Diff(arguments) => cmd::diff::run(&arguments),
        Verb::Calibrate(arguments) => cmd::calibrate::run(&arguments),
        Verb::NewModel(arguments) => cmd::new_model::run(&arguments),
        Verb::Prove(arguments) => cmd::prove::run(&arguments),
        Verb::Peers(arguments) => cmd::peers::run(&arguments),
        Verb::Netlab(arguments) => cmd::netlab::run(&arguments),
        Verb::Completions(arguments) => cmd::completions::run(&arguments, Arguments::command()),
    };
    exit_code(result.unwrap_or_else(|error| {
        tell(format!("error: {error:#}"));
        ExitCode::from(exit::CANNOT)
    }))
}
