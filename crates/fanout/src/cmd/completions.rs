//! `cargo fanout completions`: what a shell needs to complete arguments, and the manual page.

use std::process::ExitCode;

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};

use super::say::print;

/// Print the completions for a shell, or the manual page, of the program `fanout`.
///
/// For example, `cargo fanout completions bash > ~/.local/share/bash-completion/completions/fanout`, and
/// `cargo fanout completions man > fanout.1`. They are for the program itself, target/release/fanout.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell, or `man` for the manual page.
    #[arg(value_enum, value_name = "SHELL")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
    Man,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    let shell = match arguments.kind {
        Kind::Bash => Some(Shell::Bash),
        Kind::Elvish => Some(Shell::Elvish),
        Kind::Fish => Some(Shell::Fish),
        Kind::Powershell => Some(Shell::PowerShell),
        Kind::Zsh => Some(Shell::Zsh),
        Kind::Man => None,
    };
    match shell {
        Some(shell) => generate(shell, &mut command, "fanout", &mut text),
        None => clap_mangen::Man::new(command).render(&mut text)?,
    }
    print(&String::from_utf8(text)?);
    Ok(ExitCode::SUCCESS)
}
