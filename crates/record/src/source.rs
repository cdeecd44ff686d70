//! Which code was measured, and what it was built with.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::fingerprint::sha256;
use crate::paths::workspace;
use crate::{git, program};

/// The crates of this workspace that send requests: the versions of what they stand on are recorded.
const CLIENTS: [&str; 2] = ["fanout-clients", "model-"];

/// Crates that are recorded as well: who measures, who answers, and what clients have below them.
const MORE: [&str; 3] = ["criterion", "h2", "wiremock"];

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
    /// Why git did not say which commit this is, or whether files differ from it, in its own words. `None` where it
    /// said both, and in runs from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
}

impl Source {
    /// The workspace that this program was built from, as it is now.
    #[must_use]
    pub fn this() -> Self {
        Self::of(&workspace())
    }

    /// The workspace in `folder` as it is now, with this program's own build.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        // The compiler that cargo builds with is the one that this variable names, where it is set.
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
            crates: lock.as_deref().map(versions).unwrap_or_default(),
            lock: lock.map(|text| sha256(text.as_bytes())),
            git: refusal,
        }
    }
}

/// The versions in a lock file of every crate that a client stands on, of the `-sys` crates below these, whose
/// versions name the C library that they hold, and of [`MORE`].
fn versions(lock: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        /// Where it comes from; none of this workspace.
        source: Option<String>,
        /// `name`, or `name version` where there are several versions.
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
        let named = ["compio", "curl", "cyper", "h2", "hyper", "kameo", "rayon", "reqwest", "smol", "tokio", "ureq"];
        for name in named.into_iter().chain(["criterion", "crossbeam-channel", "mio", "wiremock"]) {
            assert!(source.crates.contains_key(name), "{name}: {:?}", source.crates);
        }
        // The version of libcurl is a part of that of its crate.
        assert!(source.crates["curl-sys"].contains("+curl-"), "{:?}", source.crates);
        assert!(source.rustc.unwrap().contains("host:"));
        assert!(source.crates["reqwest"].starts_with("0.13."));
        assert_eq!(source.lock.unwrap().len(), 64);
    }
}
