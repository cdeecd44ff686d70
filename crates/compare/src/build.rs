//! A commit as a program: built in the tree, and kept under the commit's name.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::tree::Tree;

/// Builds the command line of `commit` and gives its program. What was built before is there already.
///
/// # Errors
/// Where it does not check out or build; with the compiler's words.
pub fn program(tree: &Tree, commit: &str, derived: &Path) -> anyhow::Result<PathBuf> {
    let program = derived.join("programs").join(commit);
    if program.is_file() {
        return Ok(program);
    }
    tree.check_out(commit)?;
    let target = derived.join("build");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--package", "fanout", "--bin", "fanout"]);
    // What cargo said to this program is about another build.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        cargo.env_remove(name);
    }
    cargo.current_dir(tree.folder()).env("CARGO_TARGET_DIR", &target).stdin(Stdio::null()).stdout(Stdio::null());
    let output = cargo.stderr(Stdio::piped()).output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{} does not build:\n{}", tree.describe(commit), errors(&String::from_utf8_lossy(&output.stderr)));
    }
    // Copied under another name and renamed: what is under the commit's name is whole.
    let folder = program.parent().unwrap_or(derived);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let copy = tempfile::NamedTempFile::new_in(folder)?.into_temp_path();
    std::fs::copy(target.join("release").join("fanout"), &copy).context("cannot keep what was built")?;
    copy.persist(&program).context("cannot keep what was built")?;
    Ok(program)
}

/// The compiler's errors, without its progress.
fn errors(said: &str) -> String {
    let first = said.lines().position(|line| line.starts_with("error")).unwrap_or(0);
    said.lines().skip(first).take(60).collect::<Vec<_>>().join("\n")
}
