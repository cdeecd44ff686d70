//! Builds the program of a commit in the tree, and keeps it under the name of the commit and of what it was built
//! with.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use fanout_harness::{disk, process_group};
use tempfile::TempPath;

use super::lock;
use super::toolchain::Toolchain;
use super::tree::Tree;

/// Builds the command line of `commit` and returns the path of its program. A program that was built before is used
/// again. If another comparison is building, this one waits.
///
/// # Errors
/// If the commit cannot be checked out or built, with git's or the compiler's words; if the program cannot be kept;
/// or if somebody asked to end.
pub fn program(tree: &Tree, commit: &str, derived: &Path) -> anyhow::Result<PathBuf> {
    let programs = derived.join("programs");
    let toolchain = Toolchain::of(tree.repository())?;
    let program = programs.join(format!("{commit}-{}", toolchain.id));
    if program.is_file() {
        // The programs that were used last are kept. If this use cannot be noted, the program may have to be built
        // again.
        let _ = File::open(&program).and_then(|file| file.set_modified(SystemTime::now()));
        return Ok(program);
    }
    let _alone = lock::take(&derived.join("tree.lock"))?;
    if program.is_file() {
        return Ok(program);
    }
    tree.check_out(commit)?;
    let built = cargo(&toolchain, tree, commit, derived)?;
    // The program is copied under another name and renamed, so that a file under its own name is whole.
    fs::create_dir_all(&programs).with_context(|| format!("cannot make {}", programs.display()))?;
    let copy = TempPath::try_from_path(programs.join(".unfinished"))?;
    let kept = fs::copy(&built, &copy).and_then(|_| File::open(&copy)?.sync_all());
    kept.with_context(|| format!("cannot keep what was built in {}", programs.display()))?;
    copy.persist(&program).with_context(|| format!("cannot keep what was built as {}", program.display()))?;
    remove_oldest(&programs);
    Ok(program)
}

/// How many programs are kept, of some 80 MB each. Bisecting a range of a thousand commits takes fewer.
const KEPT: usize = 16;

/// How long a program is kept in any case, because a comparison may be using it.
const IN_USE: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes all programs except the [`KEPT`] that were used last, and those that may be in use.
fn remove_oldest(programs: &Path) {
    let entries = fs::read_dir(programs).into_iter().flatten().flatten();
    let mut used: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    used.sort_unstable();
    let many = used.len().saturating_sub(KEPT);
    let idle = |used: &SystemTime| used.elapsed().is_ok_and(|idle| idle > IN_USE);
    for (_, program) in used.into_iter().take(many).filter(|(used, _)| idle(used)) {
        // A program that cannot be removed does no harm.
        let _ = fs::remove_file(program);
    }
}

/// Builds what is in the tree, and returns the path of the program.
fn cargo(toolchain: &Toolchain, tree: &Tree, commit: &str, derived: &Path) -> anyhow::Result<PathBuf> {
    let target = derived.join("build");
    let release = toolchain.release(&target);
    let temporary = Temporary::new(derived.join("build.tmp"))?;
    let mut cargo = toolchain.build(&target);
    cargo.args(["--package", "fanout", "--bin", "fanout"]).current_dir(tree.folder()).env("TMPDIR", &temporary.0);
    let remove =
        |_: &anyhow::Error| [&target.join("release"), &release].into_iter().for_each(|it| remove_unlinked(it));
    let ended = process_group::run(cargo).inspect_err(remove).context("cannot run cargo")?;
    if ended.status.success() {
        return Ok(release.join("fanout"));
    }
    let full = disk::full(derived).map(|words| format!("\n{words}")).unwrap_or_default();
    bail!("{} does not build:\n{}{full}", tree.describe(commit), errors(&ended.said))
}

/// Removes what a killed rustc leaves beside what it was about to link.
fn remove_unlinked(release: &Path) {
    let entries = fs::read_dir(release.join("deps")).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    for folder in folders.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"rustc")) {
        // A folder that cannot be removed does no harm.
        let _ = fs::remove_dir_all(folder.path());
    }
}

/// The folder for the temporary files of compilers and linkers, which leave them there when they are killed.
struct Temporary(PathBuf);

impl Temporary {
    fn new(folder: PathBuf) -> anyhow::Result<Self> {
        let temporary = Self(folder);
        temporary.remove();
        fs::create_dir_all(&temporary.0).with_context(|| format!("cannot make {}", temporary.0.display()))?;
        Ok(temporary)
    }

    fn remove(&self) {
        // It tries again, because a process that was just killed may have put something there meanwhile. If that
        // fails as well, the next build removes it.
        let _ = fs::remove_dir_all(&self.0).or_else(|_| fs::remove_dir_all(&self.0));
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Returns the compiler's errors, without its progress messages.
fn errors(said: &str) -> String {
    let first = said.lines().position(|line| line.starts_with("error")).unwrap_or(0);
    said.lines().skip(first).take(60).collect::<Vec<_>>().join("\n")
}
