//! Finds which code was measured, and what it was built with.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::fingerprint::sha256;
use crate::paths::workspace;
use crate::{allocator, git, program};

/// The names of the crates of this workspace that send requests begin with these. The versions of the crates that
/// they depend on are recorded.
const CLIENTS: [&str; 2] = ["fanout-clients", "model-"];

/// Crates that are recorded as well: criterion measures, h2 lies below the clients, and wiremock answers.
const MORE: [&str; 3] = ["criterion", "h2", "wiremock"];

/// The code and its toolchain. What cannot be found out is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// The first parent of that commit.
    pub parent: Option<String>,
    /// Whether tracked files differed from that commit.
    pub dirty: Option<bool>,
    /// What `rustc -vV` said.
    pub rustc: Option<String>,
    /// Whether the program was built without optimisation. No figure should come from such a build.
    #[serde(default)]
    pub debug: Option<bool>,
    /// `RUSTFLAGS`, if it was set.
    pub flags: Option<String>,
    /// The allocator that all programs used, if it was not the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<String>,
    /// SHA-256 of `Cargo.lock`.
    pub lock: Option<String>,
    /// The versions in `Cargo.lock` of the crates that do the work.
    pub crates: BTreeMap<String, String>,
    /// Git's own words on why it did not say which commit this is, or whether files differ from it. `None` if git
    /// said both, and in runs from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
}

impl Source {
    /// Describes the workspace that this program was built from, as it is now.
    #[must_use]
    pub fn this() -> Self {
        Self::of(&workspace())
    }

    /// Describes the workspace in `folder` as it is now, and the build of this program.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        // Cargo builds with the compiler that this variable names, if it is set.
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let lock = fs::read_to_string(folder.join("Cargo.lock")).ok();
        let head = git::head(folder);
        let changes = git::said(folder, &["status", "--porcelain", "--untracked-files=no"]);
        let refusal = head.as_ref().err().or(changes.as_ref().err()).map(ToString::to_string);
        let (commit, parent) = head.map_or((None, None), |head| (Some(head.commit), head.parent));
        Self {
            commit,
            parent,
            dirty: changes.ok().map(|changes| !changes.is_empty()),
            rustc: program::said(Command::new(rustc).arg("-vV").current_dir(folder)).ok(),
            debug: Some(cfg!(debug_assertions)),
            flags: env::var("RUSTFLAGS").ok(),
            allocator: allocator::OTHER.map(str::to_owned),
            crates: lock.as_deref().map(versions).unwrap_or_default(),
            lock: lock.map(|text| sha256(text.as_bytes())),
            git: refusal,
        }
    }
}

/// Returns the versions, from a lock file, of every crate that a client depends on, of the `-sys` crates that those
/// crates depend on, and of [`MORE`]. The version of a `-sys` crate names the C library that it holds.
fn versions(lock: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        /// Where the package comes from; `None` for a crate of this workspace.
        source: Option<String>,
        /// Each is `name`, or `name version` if there are several versions.
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let packages = toml::from_str(lock).map_or_else(|_| Vec::new(), |lock: Lock| lock.package);
    let below = |of: &dyn Fn(&Package) -> bool| -> BTreeSet<&str> {
        let dependencies = packages.iter().filter(|package| of(package)).flat_map(|package| &package.dependencies);
        dependencies.filter_map(|dependency| dependency.split(' ').next()).collect()
    };
    let clients = below(&|package| CLIENTS.iter().any(|client| package.name.starts_with(client)));
    let libraries = below(&|package| clients.contains(package.name.as_str()));
    let libraries = libraries.into_iter().filter(|name| name.ends_with("-sys"));
    let wanted: BTreeSet<&str> = libraries.chain(MORE).chain(clients.iter().copied()).collect();
    let foreign = packages.iter().filter(|package| package.source.is_some());
    let wanted = foreign.filter(|package| wanted.contains(package.name.as_str()));
    wanted.map(|package| (package.name.clone(), package.version.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_every_client_library_are_read_from_the_lock_file() {
        let source = Source::this();
        let named =
            ["compio", "curl", "cyper-core", "h2", "hyper", "kameo", "rayon", "reqwest", "smol", "tokio", "ureq"];
        for name in named.into_iter().chain(["criterion", "crossbeam-channel", "mio", "wiremock"]) {
            assert!(source.crates.contains_key(name), "{name}: {:?}", source.crates);
        }
        // The version of `curl-sys` contains the version of libcurl.
        assert!(source.crates["curl-sys"].contains("+curl-"), "{:?}", source.crates);
        assert!(source.rustc.unwrap().contains("host:"));
        assert!(source.crates["reqwest"].starts_with("0.13."));
        assert_eq!(source.lock.unwrap().len(), 64);
    }
}
