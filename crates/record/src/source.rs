//! Which code was measured, and what it was built with.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::machine::hex;
use crate::workspace;

/// The crates whose versions a reader of an HTTP benchmark asks for first.
const HTTP_CRATES: [&str; 10] =
    ["criterion", "hyper", "hyper-util", "mio", "rayon", "reqwest", "rustls", "tokio", "ureq", "wiremock"];

/// The code and its toolchain. What cannot be found out is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// Its first parent.
    pub parent: Option<String>,
    /// Whether tracked files differed from it.
    pub dirty: Option<bool>,
    /// What `rustc -vV` said.
    pub rustc: Option<String>,
    /// Whether it was built without optimisation, as no figure should be.
    #[serde(default)]
    pub debug: Option<bool>,
    /// `RUSTFLAGS`, where it was set.
    pub flags: Option<String>,
    /// SHA-256 of `Cargo.lock`.
    pub lock: Option<String>,
    /// Versions in `Cargo.lock` of the crates that do the work.
    pub crates: BTreeMap<String, String>,
}

impl Source {
    /// The workspace that this program was built from, as it is now.
    #[must_use]
    pub fn this() -> Self {
        let lock = fs::read_to_string(workspace().join("Cargo.lock")).ok();
        Self {
            commit: git(&["rev-parse", "HEAD"]),
            parent: git(&["rev-parse", "--verify", "--quiet", "HEAD^"]),
            dirty: git(&["status", "--porcelain", "--untracked-files=no"]).map(|changes| !changes.is_empty()),
            rustc: said("rustc", &["-vV"]),
            debug: Some(cfg!(debug_assertions)),
            flags: std::env::var("RUSTFLAGS").ok(),
            crates: lock.as_deref().map(versions).unwrap_or_default(),
            lock: lock.map(|text| hex(&Sha256::digest(text))),
        }
    }
}

/// What git says in the workspace's folder; `None` where there is no git or no repository, or where it objects.
#[must_use]
pub fn git(arguments: &[&str]) -> Option<String> {
    said("git", arguments)
}

/// What a program says in the workspace's folder, where it is there and content.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(workspace()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

fn versions(lock: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let packages = toml::from_str(lock).map_or_else(|_| Vec::new(), |lock: Lock| lock.package);
    let wanted = packages.into_iter().filter(|package| HTTP_CRATES.contains(&package.name.as_str()));
    wanted.map(|package| (package.name, package.version)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_the_http_crates_are_read_from_the_lock_file() {
        let source = Source::this();
        assert!(source.rustc.unwrap().contains("host:"));
        assert!(source.crates["reqwest"].starts_with("0.13."));
        assert_eq!(source.lock.unwrap().len(), 64);
    }
}
