//! The mock server as a program; see `mock_server::cli`.

#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

fn main() -> ExitCode {
    mock_server::cli::main()
}
