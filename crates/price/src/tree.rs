//! Counts the crates that a program brings in, from what `cargo metadata` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use fanout_record::price::Tree;
use serde::Deserialize;
use serde_json::Value;

use crate::program::NAME;
use crate::unsafety;

/// The crates with which build scripts call a C compiler. A key `links` in a manifest would tell nothing:
/// `rayon-core` has one, and no C.
const C_BUILDERS: [&str; 2] = ["cc", "cmake"];

/// What `cargo metadata` prints, as far as it is needed here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    /// Where it comes from; `None` for a folder of this machine.
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `build` or `dev`; `None` for what the program itself needs.
    kind: Option<String>,
}

/// Counts the crates of a program of `workspace`; `model` is the name of the model's crate.
///
/// # Errors
/// If the metadata lacks something, or if the program got a version that the workspace does not have.
pub(crate) fn counted(metadata: Value, workspace: &Path, model: &str) -> anyhow::Result<Tree> {
    let Metadata { packages, resolve } =
        serde_json::from_value(metadata).context("cargo metadata lacks what it used to say")?;
    let packages: BTreeMap<&str, &Package> = packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let is_program = |package: &&&Package| package.name == NAME && package.source.is_none();
    let program = packages.values().find(is_program).context("cargo metadata does not have the program itself")?;
    let normal = reached(&nodes, &program.id, &[None]);
    let all = reached(&nodes, &program.id, &[None, Some("build")]);
    let foreign = |ids: &BTreeSet<&str>| -> Vec<&Package> {
        let known = ids.iter().filter_map(|id| packages.get(id).copied());
        known.filter(|package| package.source.is_some()).collect()
    };
    let (normal, all) = (foreign(&normal), foreign(&all));
    check_versions(&all, &workspace.join("Cargo.lock"))?;
    let calls_c = |package: &&&Package| {
        let needs = nodes.get(package.id.as_str()).into_iter().flat_map(|node| &node.deps);
        needs.filter(|needed| is_of(needed, &[Some("build")])).any(|needed| {
            packages.get(needed.pkg.as_str()).is_some_and(|built| C_BUILDERS.contains(&built.name.as_str()))
        })
    };
    let manifest = workspace.join("Cargo.toml");
    let forbids = |package: &Package| {
        let library = package.targets.iter().find(|target| target.kind.iter().any(|kind| is_library(kind)));
        library.is_some_and(|library| unsafety::is_forbidden(&library.src_path, &package.manifest_path, &manifest))
    };
    let of_model = packages.values().find(|package| package.name == model && package.source.is_none());
    let mut c_crates: Vec<String> = all.iter().filter(calls_c).map(|package| package.name.clone()).collect();
    c_crates.sort_unstable();
    c_crates.dedup();
    Ok(Tree {
        crates: normal.len(),
        build_crates: all.len() - normal.len(),
        c_crates,
        forbid_unsafe: normal.iter().filter(|package| forbids(package)).count(),
        model_forbids_unsafe: of_model.is_some_and(|package| forbids(package)),
    })
}

/// Returns what is reached from `start` over dependencies of these kinds, `start` included.
fn reached<'a>(nodes: &BTreeMap<&'a str, &'a Node>, start: &'a str, kinds: &[Option<&str>]) -> BTreeSet<&'a str> {
    let (mut open, mut found) = (vec![start], BTreeSet::new());
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let needs = nodes.get(id).into_iter().flat_map(|node| &node.deps);
            open.extend(needs.filter(|needed| is_of(needed, kinds)).map(|needed| needed.pkg.as_str()));
        }
    }
    found
}

fn is_of(dependency: &Dependency, kinds: &[Option<&str>]) -> bool {
    dependency.dep_kinds.iter().any(|kind| kinds.contains(&kind.kind.as_deref()))
}

fn is_library(kind: &str) -> bool {
    matches!(kind, "lib" | "rlib" | "dylib" | "cdylib" | "staticlib" | "proc-macro")
}

/// Checks that the workspace's lock file has each of these packages in the same version.
fn check_versions(packages: &[&Package], lock: &Path) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Locked {
        name: String,
        version: String,
    }
    let text = fs::read_to_string(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let locked: Lock = toml::from_str(&text).with_context(|| format!("{} is no lock file", lock.display()))?;
    let locked: BTreeSet<Locked> = locked.package.into_iter().collect();
    for Package { name, version, .. } in packages {
        let is_locked = locked.contains(&Locked { name: name.clone(), version: version.clone() });
        ensure!(is_locked, "cargo chose {name} {version}, which {} does not have", lock.display());
    }
    Ok(())
}
