//! `cargo fanout new-model`: writes the crate of a new model, as a copy of another, and all lines that name it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use fanout_models::{ROSTER, find};
use fanout_record::paths::workspace;
use fanout_record::{input, output};
use regex::Regex;

use super::cannot_write;
use super::say::say;

/// Write the crate of a new model, as a copy of the model that is most like it.
///
/// The copy compiles, and has every property that a model must have, because the original has them. The command also
/// writes the lines that name a model in the manifests, in the roster and in crates/README.md, which says what is
/// left to do. It writes nothing if one of these places is missing.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The id of the new model, in lower case with hyphens. The history uses it as a key.
    #[arg(value_name = "NAME", value_parser = new_id)]
    id: String,

    /// The model that is copied; `cargo fanout models` lists them.
    #[arg(long, value_name = "ID", value_parser = in_roster)]
    like: String,

    /// The workspace to write to [default: the one that this program was built from].
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.workspace.clone().unwrap_or_else(workspace);
    let files = plan(&folder, &arguments.id, &arguments.like)?;
    for (path, text) in &files {
        path.parent().map_or(Ok(()), fs::create_dir_all).with_context(|| cannot_write(path))?;
        output::write(path, text.as_bytes()).with_context(|| cannot_write(path))?;
        say(path.display());
    }
    let id = &arguments.id;
    say(format!(
        "Now change crates/model-{id}/src/lib.rs into your model, then try it:\n  cargo fanout prove {id}\n\
         crates/README.md says what each part must do."
    ));
    Ok(ExitCode::SUCCESS)
}

fn new_id(id: &str) -> Result<String, String> {
    let is_id = Regex::new("^[a-z][a-z0-9]*(-[a-z0-9]+)*$").expect("the pattern is valid").is_match(id);
    match find(id) {
        Some(_) => Err(format!("there is a model `{id}` already")),
        None if !is_id || id.len() > 40 => {
            Err("a model's id has lower-case letters, digits and single hyphens, and at most 40 characters".into())
        }
        None => Ok(id.into()),
    }
}

/// The control arm is no model, and cannot be copied as one.
fn in_roster(id: &str) -> Result<String, String> {
    let model = fanout_models::find_or_suggest(id)?;
    if ROSTER.iter().any(|known| known.id() == model.id()) {
        Ok(id.into())
    } else {
        Err(format!("`{id}` is a control arm and no model; `cargo fanout models` lists the models"))
    }
}

/// Every file to write, with its text.
fn plan(workspace: &Path, id: &str, like: &str) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let crates = workspace.join("crates");
    let (from, to) = (crates.join(format!("model-{like}")), crates.join(format!("model-{id}")));
    if to.exists() {
        bail!("{} exists already", to.display());
    }
    let roster = crates.join("models/src/lib.rs");
    let roster_text = text(&roster)?;
    let snake = |id: &str| id.replace('-', "_");
    let line = Regex::new(&format!(r"(?m)^    &model_{}::(\w+),\n", snake(like)))?;
    let entry = line.captures(&roster_text);
    let entry = entry.with_context(|| format!("{} has no line of `{like}`", roster.display()))?;
    let (old_line, old_type) = (&entry[0], &entry[1]);

    let mut sources = Vec::new();
    files(&from, &mut sources)?;
    let texts = sources.iter().map(|path| text(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let new_type = type_name(id, &texts);
    let rename = [
        (format!("\"{like}\""), format!("\"{id}\"")),
        (format!(r"\b{old_type}\b"), new_type.clone()),
        // Not at the beginning of a longer id, such as `thread-pool` of `thread-pool-ureq`.
        (format!(r"\bmodel-{like}(?<end>[^\w-]|$)"), format!("model-{id}${{end}}")),
        (format!(r"\bmodel_{}\b", snake(like)), format!("model_{}", snake(id))),
    ];
    let rename = rename.map(|(old, new)| (Regex::new(&old).expect("ids and types are plain words"), new));
    // What the original depends on may have its name, as the crate `hyper` has; the copy depends on the same.
    let depends = |line: &str| line.trim_start().starts_with("libraries: ");
    let renamed_line = |line: &str| {
        let rename = rename.iter().filter(|_| !depends(line));
        rename.fold(line.to_owned(), |line, (old, new)| old.replace_all(&line, new).into_owned())
    };
    let renamed = |text: &str| text.split_inclusive('\n').map(renamed_line).collect::<String>();

    let mut planned = Vec::new();
    for (path, text) in sources.iter().zip(&texts) {
        let place = path.strip_prefix(&from).context("a file of the crate is not in its folder")?;
        planned.push((to.join(place), renamed(text)));
    }
    let manifest = workspace.join("Cargo.toml");
    let with_line = insert_sorted(&text(&manifest)?, &format!("model-{id} = {{ path = \"crates/model-{id}\" }}"));
    let no_models = |path: &Path| format!("{} has no line that begins with `model-`", path.display());
    planned.push((manifest.clone(), with_line.with_context(|| no_models(&manifest))?));
    let manifest = crates.join("models/Cargo.toml");
    let with_line = insert_sorted(&text(&manifest)?, &format!("model-{id}.workspace = true"));
    planned.push((manifest.clone(), with_line.with_context(|| no_models(&manifest))?));
    let new_line = format!("{old_line}    &model_{}::{new_type},\n", snake(id));
    planned.push((roster, roster_text.replacen(old_line, &new_line, 1)));
    let table = crates.join("README.md");
    let table_text = text(&table)?;
    let with_row = with_row(&table_text, id, like);
    if with_row == table_text {
        bail!("{} has no row of `{like}`", table.display());
    }
    planned.push((table, with_row));
    Ok(planned)
}

fn text(path: &Path) -> anyhow::Result<String> {
    input::text(path, input::LIMIT).with_context(|| format!("cannot read {}", path.display()))
}

/// The files of a folder and its folders.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() { files(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

/// The id in camel case, with `Model` behind it where the copied texts use the word already.
fn type_name(id: &str, texts: &[String]) -> String {
    let capitalised = |part: &str| part[..1].to_uppercase() + &part[1..];
    let name: String = id.split('-').map(capitalised).collect();
    let used = Regex::new(&format!(r"\b{name}\b")).expect("an id's letters and digits are a valid pattern");
    if texts.iter().any(|text| used.is_match(text)) { name + "Model" } else { name }
}

/// The text with a line more among the lines of models, in the order of the alphabet; `None` if there is no such
/// line.
fn insert_sorted(text: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let name = |line: &str| line.split([' ', '.']).next().unwrap_or_default().to_owned();
    let is_sibling = |known: &&str| known.starts_with("model-");
    let later = lines.iter().position(|known| is_sibling(known) && name(known) > name(line));
    let last = lines.iter().rposition(is_sibling).map(|place| place + 1);
    lines.insert(later.or(last)?, line);
    Some(lines.join("\n") + "\n")
}

/// The table of models with a row more, which says the same as the original's.
fn with_row(text: &str, id: &str, like: &str) -> String {
    let rows = text.split_inclusive('\n').flat_map(|row| {
        let (old, new) = (format!("model-{like}"), format!("model-{id}"));
        let copy = row.starts_with(&format!("| [{old}]({old}) |")).then(|| row.replace(&old, &new));
        [Some(row.to_owned()), copy]
    });
    rows.flatten().collect()
}
