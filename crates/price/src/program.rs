//! The minimal program that uses a model: it prepares the model, says that it is ready, and makes one request if it
//! is given a URL.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use fanout_model::Model;

/// The name of each program.
pub(crate) const NAME: &str = "priced";

/// The line that a program prints when its model is prepared.
pub(crate) const READY: &str = "ready";

/// A program whose price is measured.
#[derive(Clone, Debug)]
pub struct Program {
    /// The id of the model that it uses.
    pub id: String,
    /// The text of its `main.rs`. It prints `ready` in a line when it is, and makes a request if it is given a URL.
    pub main: String,
    /// The crates that it depends on: each a name, and the folder of the crate.
    pub dependencies: Vec<(String, PathBuf)>,
    /// Whether it can make a request.
    pub requests: bool,
}

impl Program {
    /// Makes the program of a model of the workspace in this folder.
    ///
    /// # Errors
    /// If the roster does not name the model, or the manifest of the model's crate cannot be read.
    pub fn of(model: &dyn Model, workspace: &Path) -> anyhow::Result<Self> {
        let crates = workspace.join("crates");
        let at = |name: &str| (name.to_owned(), crates.join(name.strip_prefix("fanout-").unwrap_or(name)));
        let name = format!("model-{}", model.id());
        let roster = text(&crates.join("models/src/lib.rs"))?;
        let manifest = text(&at(&name).1.join("Cargo.toml"))?;
        let mut dependencies = vec![at("fanout-model"), at(&name)];
        let mut enter = String::new();
        // A model with worker processes starts the program again, and each worker uses `sequential`.
        if manifest.contains("fanout-worker") {
            let share = "sequential";
            let found = path_of(share, &roster)?;
            enter = format!(
                "    fanout_worker::role::enter(|id| (id == {share:?}).then_some(&{found} as &dyn Model));\n"
            );
            dependencies.extend([at("fanout-worker"), at(&format!("model-{share}"))]);
        }
        let main = MAIN.replace("    ENTER\n", &enter).replace("MODEL", &path_of(model.id(), &roster)?);
        Ok(Self { id: model.id().into(), main: main.replace("READY", READY), dependencies, requests: true })
    }

    /// Writes the program as a package of its own into `folder`, which exists. It gets the versions of `workspace`:
    /// its lock file, and its toolchain.
    pub(crate) fn write(&self, folder: &Path, workspace: &Path) -> anyhow::Result<()> {
        let line =
            |(name, path): &(String, PathBuf)| format!("{name} = {{ path = {:?} }}\n", path.display().to_string());
        let dependencies: String = self.dependencies.iter().map(line).collect();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write("Cargo.toml", &MANIFEST.replace("NAME", NAME).replace("DEPENDENCIES", &dependencies))?;
        fs::create_dir_all(folder.join("src")).with_context(|| format!("cannot make {}", folder.display()))?;
        write("src/main.rs", &self.main)?;
        for name in ["Cargo.lock", "rust-toolchain.toml"] {
            let from = workspace.join(name);
            fs::copy(&from, folder.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        Ok(())
    }
}

/// `[workspace]` keeps cargo from looking for another one above. Everything but `strip` is as cargo has it by
/// default.
const MANIFEST: &str = r#"[package]
name = "NAME"
version = "0.0.0"
edition = "2024"

[dependencies]
DEPENDENCIES
[profile.release]
strip = true

[workspace]
"#;

const MAIN: &str = r#"use fanout_model::{Model, Request};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ENTER
    let model = MODEL;
    let settings = model.settings(model.concurrency().default_limit())?;
    let mut runner = model.prepare(&settings)?;
    println!("READY");
    if let Some(url) = std::env::args().nth(1) {
        for outcome in runner.run(&[Request::get(url.parse()?)?]) {
            outcome.result?;
        }
    }
    Ok(())
}
"#;

/// Returns the path of the model's type, such as `model_hyper::Hyper`, as the roster names it.
fn path_of(id: &str, roster: &str) -> anyhow::Result<String> {
    let name = format!("model_{}::", id.replace('-', "_"));
    let Some((_, rest)) = roster.split_once(&format!("&{name}")) else {
        bail!("crates/models/src/lib.rs names no type of the model `{id}`: ROSTER needs its line `&{name}TYPE,`");
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    Ok(name + &rest[..end])
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_model_is_the_one_in_the_roster() {
        let roster = "&[\n    &model_a_b::OfTwo,\n    &model_a::One,\n];\n&model_c::Last;";
        let path = |id| path_of(id, roster).ok();
        assert_eq!(path("a").as_deref(), Some("model_a::One"));
        assert_eq!(path("a-b").as_deref(), Some("model_a_b::OfTwo"));
        assert_eq!(path("c").as_deref(), Some("model_c::Last"));
        assert_eq!(path("d"), None);
    }
}
