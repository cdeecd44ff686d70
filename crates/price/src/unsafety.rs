//! Finds out whether a crate forbids `unsafe`, as far as its files tell.

use std::fs;
use std::path::Path;

/// Returns whether the library with this root and this manifest forbids `unsafe` in all of its code: with the
/// attribute `#![forbid(unsafe_code)]`, or with the same lint in its manifest or its workspace's. A condition, such
/// as `cfg_attr`, does not count. What cannot be read forbids nothing.
pub(crate) fn is_forbidden(root: &Path, manifest: &Path, workspace: &Path) -> bool {
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let table = |path: &Path| text(path).parse::<toml::Table>().unwrap_or_default();
    let lints = |table: &toml::Table| table.get("lints").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let own = lints(&table(manifest));
    let inherits = own.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    let inherited = || {
        let table = table(workspace);
        table.get("workspace").and_then(toml::Value::as_table).map(lints).unwrap_or_default()
    };
    in_attributes(&text(root)) || in_lints(&own) || (inherits && in_lints(&inherited()))
}

fn in_attributes(source: &str) -> bool {
    source.lines().enumerate().any(|(i, line)| {
        line.trim_start().starts_with(ATTRIBUTE) && {
            // The list may go on in the lines below.
            let rest: String = source.lines().skip(i).collect();
            let listed = rest.split_once(ATTRIBUTE).and_then(|(_, rest)| rest.split_once(')'));
            listed.is_some_and(|(listed, _)| listed.split(',').any(|lint| lint.trim() == LINT))
        }
    })
}

const ATTRIBUTE: &str = "#![forbid(";

const LINT: &str = "unsafe_code";

fn in_lints(lints: &toml::Table) -> bool {
    let level = lints.get("rust").and_then(|rust| rust.get(LINT));
    let level = level.and_then(|level| level.as_str().or_else(|| level.get("level")?.as_str()));
    level == Some("forbid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_counts_where_it_stands_alone_and_without_a_condition() {
        for forbids in
            ["#![forbid(unsafe_code)]", "//! A crate.\n\n#![forbid(\n    missing_docs,\n    unsafe_code\n)]\n"]
        {
            assert!(in_attributes(forbids), "{forbids}");
        }
        let others = [
            "",
            "#![deny(unsafe_code)]",
            "// #![forbid(unsafe_code)]",
            "#![cfg_attr(not(feature = \"fast\"), forbid(unsafe_code))]",
            "#![forbid(missing_docs)]\n#![deny(unsafe_code)]",
        ];
        for other in others {
            assert!(!in_attributes(other), "{other}");
        }
    }

    #[test]
    fn a_lint_of_the_manifest_counts_and_so_does_that_of_the_workspace_where_it_is_inherited() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let workspace = file("workspace.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n");
        let root = file("lib.rs", "//! Nothing.\n");
        let forbids = |manifest: &str| is_forbidden(&root, &file("Cargo.toml", manifest), &workspace);
        assert!(forbids("[lints]\nworkspace = true\n"));
        assert!(forbids("[lints.rust]\nunsafe_code = \"forbid\"\n"));
        assert!(forbids("[lints.rust.unsafe_code]\nlevel = \"forbid\"\npriority = 1\n"));
        assert!(!forbids("[lints.rust]\nunsafe_code = \"deny\"\n"));
        assert!(!forbids("[package]\nname = \"a\"\n"));
        assert!(!is_forbidden(Path::new("/nowhere"), Path::new("/nowhere"), Path::new("/nowhere")));
    }
}
