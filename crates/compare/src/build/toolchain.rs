//! Finds what both sides are built with. The compiler and the target are the same for both, whatever a commit's
//! `rust-toolchain.toml` or `.cargo/config.toml` say about them, and so are the variables.

use std::env::{var_os, vars_os};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use fanout_harness::process_group;
use fanout_record::fingerprint::digits;
use fanout_record::program;

/// The beginnings of the names of variables that make cargo build something else (the chapter "Environment variables"
/// of the Cargo book).
const OF_CARGO: [&str; 8] = [
    "CARGO_BUILD_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "RUSTFLAGS",
    "RUSTC_",
];

/// The variables of [`OF_CARGO`] that are overruled here, or that say where something lies.
const OVERRULED: [&str; 3] = ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "CARGO_TARGET_TMPDIR"];

/// Variables that make C be compiled differently. Each also exists as `TARGET_CC`, `HOST_CC` and `CC_<target>` (the
/// crate `cc`).
const OF_C: [&str; 8] = ["AR", "ARFLAGS", "CC", "CFLAGS", "CXX", "CXXFLAGS", "RANLIB", "RANLIBFLAGS"];

/// The toolchain of the workspace.
pub(crate) struct Toolchain {
    rustc: OsString,
    cargo: OsString,
    host: String,
    /// Twelve digits that are different if builds are.
    pub(crate) id: String,
}

impl Toolchain {
    /// Finds the toolchain that builds in `folder`.
    ///
    /// # Errors
    /// If there is no compiler.
    pub(crate) fn of(folder: &Path) -> anyhow::Result<Self> {
        let asked = var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = |arguments: &[&str]| {
            let mut rustc = Command::new(&asked);
            program::said(rustc.current_dir(folder).args(arguments))
                .context("there is no Rust compiler to build with")
        };
        let version = ask(&["-vV"])?;
        let bin = PathBuf::from(ask(&["--print", "sysroot"])?).join("bin");
        // rustup may choose by folder, so the programs that it chose here are called by their own paths.
        let chosen =
            |name: &str| Some(bin.join(name)).filter(|program| program.is_file()).map(PathBuf::into_os_string);
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?.into();
        let cargo = var_os("CARGO").or_else(|| chosen("cargo")).unwrap_or_else(|| "cargo".into());
        let rustc = chosen("rustc").unwrap_or(asked);
        let mut telling: Vec<(OsString, OsString)> = vars_os().filter(|(name, _)| is_telling(name)).collect();
        telling.sort_unstable();
        let home =
            var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(var_os("HOME")?).join(".cargo")));
        let config = home.and_then(|home| fs::read(home.join("config.toml")).ok());
        let id = digits(format!("{version} {telling:?} {config:?}").as_bytes());
        Ok(Self { rustc, cargo, host, id })
    }

    /// Returns a cargo command that builds for this machine into `target`.
    pub(crate) fn build(&self, target: &Path) -> Command {
        let mut cargo = process_group::command(&self.cargo);
        // What cargo told this program in these variables is about another build.
        for (name, _) in vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
            cargo.env_remove(name);
        }
        cargo.args(["build", "--release", "--locked", "--target", &self.host]);
        cargo.env("RUSTC", &self.rustc).env("CARGO_TARGET_DIR", target);
        cargo
    }

    /// Returns the folder in `target` that holds what it builds.
    pub(crate) fn release(&self, target: &Path) -> PathBuf {
        target.join(&self.host).join("release")
    }
}

/// Returns whether a build depends on this variable.
fn is_telling(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let bare = name.strip_prefix("TARGET_").or_else(|| name.strip_prefix("HOST_")).unwrap_or(&name);
    let is_of_c = |known: &str| bare.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let is_of_cargo = OF_CARGO.iter().any(|begin| name.starts_with(begin)) && !OVERRULED.contains(&name.as_ref());
    is_of_cargo || OF_C.iter().any(|known| is_of_c(known))
}
