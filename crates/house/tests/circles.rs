//! No circle between the files of a crate: a reader can begin with the files that use no other, and go on from there.
//!
//! A file uses another where it names a path into it: `crate::...`, `super::...`, `self::...`, or the name of a
//! module below it. What a parent re-exports with `pub use` is its public face, and is no use of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fanout_house::{files, text};
use fanout_record::paths::workspace;
use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, UseTree, Visibility};

/// The crates that are free of circles, and stay so.
const CRATES: [&str; 15] = [
    "analysis", "bucket", "compare", "export", "fanout", "harness", "mistakes", "netlab", "peers", "price", "record",
    "report", "stats", "suite", "worker",
];

/// Which files each file of a crate uses; a file is called by the path of its module.
type Uses = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

#[test]
fn no_file_uses_one_that_uses_it() {
    let mut circles = Vec::new();
    for name in CRATES {
        let uses = uses(&workspace().join("crates").join(name).join("src"));
        assert!(uses.len() > 1, "crates/{name} has no files");
        circles.extend(circle(&uses).map(|circle| format!("crates/{name}/src: {}", circle.join(" uses "))));
    }
    assert!(circles.is_empty(), "open these circles:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_and_named() {
    let module = |name: &str| vec![name.to_owned()];
    let mut uses = Uses::from([(module("a"), [module("b")].into()), (module("b"), [module("c")].into())]);
    uses.insert(module("c"), BTreeSet::new());
    assert_eq!(circle(&uses), None);
    uses.insert(module("c"), [module("a")].into());
    assert_eq!(circle(&uses).unwrap(), ["a", "b", "c", "a"]);
}

fn uses(src: &Path) -> Uses {
    let below = |path: &PathBuf| module(path.strip_prefix(src).expect("it was found below that folder"));
    let modules: BTreeMap<Vec<String>, PathBuf> =
        files(src, ".rs").into_iter().map(|path| (below(&path), path)).collect();
    let of = |(module, path): (&Vec<String>, &PathBuf)| {
        let mut paths = Paths { module, found: Vec::new() };
        paths.visit_file(&syn::parse_file(&text(path)).expect("what compiles can be parsed"));
        let known = |path: &Vec<String>| {
            (0..=path.len()).rev().map(|n| path[..n].to_vec()).find(|part| modules.contains_key(part))
        };
        let used = paths.found.iter().filter_map(known).filter(|used| used != module);
        (module.clone(), used.collect())
    };
    modules.iter().map(of).collect()
}

/// `a/b.rs` and `a/b/mod.rs` are both `[a, b]`; `lib.rs` and `main.rs` are `[]`.
fn module(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        path.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    names.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    names
}

/// The paths that a file names, each as one from the root of its crate.
struct Paths<'a> {
    module: &'a [String],
    found: Vec<Vec<String>>,
}

impl Paths<'_> {
    fn add(&mut self, path: &[String]) {
        let mut base = self.module.to_vec();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate") => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|name| name == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            // A module below this one, or something else altogether, which is then no known module.
            Some(_) if path.len() > 1 => {}
            _ => return,
        }
        // A path of the one name that stands for a file alone says nothing of what is used of it.
        let is_below = rest.len() == path.len();
        base.extend(rest.iter().cloned());
        if !is_below || base.len() > self.module.len() {
            self.found.push(base);
        }
    }

    fn add_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &with(&path.ident)),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(name) => self.add(&with(&name.ident)),
            UseTree::Glob(_) => self.add(&with(&"*")),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(item, before)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if matches!(item.vis, Visibility::Inherited) {
            self.add_tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // A module below this one is known by a path of two names at least.
        if names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        // Tests within a file may use whatever they test; their `super` is this file.
        if item.content.is_none() {
            visit::visit_item_mod(self, item);
        }
    }
}

/// A circle, where there is one: its files, the first once more at the end.
fn circle(uses: &Uses) -> Option<Vec<String>> {
    fn walk(uses: &Uses, at: &Vec<String>, way: &mut Vec<Vec<String>>, done: &mut BTreeSet<Vec<String>>) -> bool {
        if let Some(first) = way.iter().position(|before| before == at) {
            way.drain(..first);
            way.push(at.clone());
            return true;
        }
        if !done.insert(at.clone()) {
            return false;
        }
        way.push(at.clone());
        if uses.get(at).into_iter().flatten().any(|used| walk(uses, used, way, done)) {
            return true;
        }
        way.pop();
        false
    }
    let mut done = BTreeSet::new();
    let name = |module: Vec<String>| if module.is_empty() { "the root".to_owned() } else { module.join("::") };
    uses.keys().find_map(|start| {
        let mut way = Vec::new();
        walk(uses, start, &mut way, &mut done).then(|| way.into_iter().map(name).collect())
    })
}
