//! The mock server as a program; see `mock_server::cli`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    mock_server::cli::run(&mock_server::cli::Arguments::parse())
}
