//! Asks cargo for the crates of a program, and lets it build. Nothing needs a network.

use std::env::{var_os, vars_os};
use std::ffi::{OsStr, OsString};
use std::process::Command;

use anyhow::{Context, bail};
use fanout_harness::{disk, interrupt, process_group};
use fanout_record::program;
use serde_json::Value;

use crate::workshop::Workshop;

/// The cargo that builds programs.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    cargo: OsString,
    /// The platform that it builds for.
    host: String,
    /// Further arguments of each build.
    arguments: Vec<String>,
}

impl Cargo {
    /// Finds the cargo that builds this workspace, and its compiler. `optimised` says whether programs are built as
    /// `cargo build --release` does. Otherwise they are built fast, to be tried and not to be measured.
    ///
    /// # Errors
    /// If there is no cargo or no compiler.
    pub(crate) fn find(workshop: &Workshop, optimised: bool) -> anyhow::Result<Self> {
        let cargo = var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let ask = |program: &OsStr, argument: &str| {
            program::said(Command::new(program).arg(argument).current_dir(workshop.workspace()))
        };
        ask(&cargo, "--version").context("there is no cargo to build with: install Rust with rustup")?;
        let rustc = var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version =
            ask(&rustc, "-vV").context("there is no Rust compiler to build with: install it with rustup")?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
        let fast = ["--config", "profile.release.opt-level=0", "--config", "profile.release.strip=false"];
        let arguments = if optimised { &[][..] } else { &fast[..] };
        Ok(Self { cargo, host: host.into(), arguments: arguments.iter().map(|it| (*it).to_owned()).collect() })
    }

    /// Returns what `cargo metadata` says about the program in the workshop, for this platform. cargo takes out of
    /// the lock file what the program does not need.
    ///
    /// # Errors
    /// cargo's own words, and what to do if a crate is not on this machine.
    pub(crate) fn metadata(&self, workshop: &Workshop) -> anyhow::Result<Value> {
        let mut cargo = Command::new(&self.cargo);
        cargo.args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &self.host]);
        let said = program::said(within(&mut cargo, workshop)).context(
            "cargo cannot resolve the program without a network; `cargo fetch` in the workspace fetches its crates",
        )?;
        serde_json::from_str(&said).context("cargo metadata printed no JSON")
    }

    /// Builds the program in the workshop, in release.
    ///
    /// # Errors
    /// The compiler's words, with what to do if it is known; or that somebody asked to end.
    pub(crate) fn build(&self, workshop: &Workshop) -> anyhow::Result<()> {
        let mut cargo = process_group::command(&self.cargo);
        cargo.args(["build", "--release", "--locked", "--offline"]).args(&self.arguments);
        within(&mut cargo, workshop);
        let ended = process_group::run(cargo).context("cannot run cargo")?;
        if ended.status.success() {
            return Ok(());
        }
        if interrupt::asked() {
            bail!("interrupted");
        }
        let hint = disk::full(&workshop.package()).or_else(|| hint(&ended.said)).map(|hint| format!("{hint}\n"));
        bail!("it does not build: {}{}", hint.unwrap_or_default(), errors(&ended.said))
    }
}

/// Makes a command work in the workshop, without the variables that would make it build something else, or take from
/// a cache what it should build.
fn within<'a>(cargo: &'a mut Command, workshop: &Workshop) -> &'a mut Command {
    for (name, _) in vars_os() {
        let text = name.to_string_lossy();
        let of_cargo = text.starts_with("CARGO_") && text != "CARGO_HOME";
        if of_cargo || text.starts_with("RUSTC_") {
            cargo.env_remove(&name);
        }
    }
    // An empty variable overrules a wrapper in the configuration, such as sccache.
    cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
    cargo.env("CARGO_TARGET_DIR", workshop.target()).env("TMPDIR", workshop.temporary());
    cargo.current_dir(workshop.package())
}

/// Returns what to do about a build that failed with these words, if the reason is a common one.
fn hint(said: &str) -> Option<String> {
    let has_no_compiler = ["failed to find tool", "linker `cc` not found", "is `cmake` not installed?"];
    let is_full = ["No space left on device", "Disk quota exceeded"];
    if has_no_compiler.iter().any(|words| said.contains(words)) {
        return Some(
            "there is no C compiler: install one, such as the package `gcc` (or cmake, if it is named below)".into(),
        );
    }
    is_full.iter().any(|words| said.contains(words)).then(|| "the disk is full: free some space".into())
}

/// Returns the compiler's errors, without its progress messages.
fn errors(said: &str) -> String {
    let first = said.lines().position(|line| line.starts_with("error")).unwrap_or(0);
    said.lines().skip(first).take(30).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_a_c_compiler_or_without_room_says_what_to_do() {
        let said = "error: failed to run custom build command for `ring`\n  failed to find tool \"cc\": No such file";
        assert!(hint(said).unwrap().starts_with("there is no C compiler"));
        assert!(hint("error: linker `cc` not found").unwrap().starts_with("there is no C compiler"));
        assert!(hint("error: No space left on device (os error 28)").unwrap().starts_with("the disk is full"));
        assert_eq!(hint("error[E0308]: mismatched types"), None);
    }
}
