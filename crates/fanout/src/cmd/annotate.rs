//! `cargo fanout annotate`: accepts a change that the history shows, with a reason.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_analysis::history::{self, Digest};
use fanout_record::paths::{results, workspace};
use fanout_record::program::Refusal;
use fanout_record::store::annotation::{Annotation, is_commit};
use fanout_record::{git, store};

use super::say::{say, tell};

/// Accept a change that `history` shows, and say why.
///
/// The history then lists the change, with the reason, apart from the changes that nobody has accepted. No figure
/// changes. The command writes a file into annotations/ in results/ and prints its path. If you delete that file, the
/// change is open again.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The commit that made the change. If it has no run, the first later commit that has one.
    #[arg(value_name = "COMMIT")]
    commit: String,

    /// Why the change is accepted.
    #[arg(long, value_name = "TEXT", value_parser = words)]
    because: String,

    /// The last commit without the change, if other commits than COMMIT may have made it.
    #[arg(long, value_name = "COMMIT")]
    after: Option<String>,

    /// Accept the change for this model only.
    #[arg(long, short, value_name = "ID", value_parser = model_id)]
    model: Option<String>,

    /// Accept the change in this question only, such as `server_delay`.
    #[arg(long, value_name = "NAME", value_parser = words)]
    question: Option<String>,

    /// Accept the change on this machine only. Each file in results/machines/ is named after a machine's id.
    #[arg(long, value_name = "ID", value_parser = words)]
    machine: Option<String>,

    /// Who accepts it [default: git's user.name].
    #[arg(long, value_name = "NAME", value_parser = words)]
    who: Option<String>,

    /// Folder of recorded runs [default: results/ of the workspace].
    #[arg(long, value_name = "FOLDER")]
    results: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let commit = full_id(&arguments.commit)?;
    let after = arguments.after.as_deref().map(full_id).transpose()?;
    if let Some(after) = &after {
        // git can't tell this for commits that are not in the repository.
        let is_later = *after == commit || git(&["merge-base", "--is-ancestor", &commit, after]).is_ok();
        ensure!(!is_later, "no commit is in {after}..{commit}: --after must be earlier than the change");
    }
    let who = arguments.who.clone().map_or_else(git_name, Ok)?;
    let said = Annotation {
        after,
        model: arguments.model.clone(),
        question: arguments.question.clone(),
        machine: arguments.machine.clone(),
        ..Annotation::new(commit, &arguments.because, who)
    };
    let results = arguments.results.clone().unwrap_or_else(results);
    let path = store::annotate(&results, &said).with_context(|| format!("cannot write to {}", results.display()))?;
    for doubt in doubts(&said, &history::load(&results, &history::folder()).runs) {
        tell(format!("note: {doubt}"));
    }
    say(path.display());
    Ok(ExitCode::SUCCESS)
}

/// The output of a git command in the workspace.
fn git(arguments: &[&str]) -> Result<String, Refusal> {
    git::said(&workspace(), arguments)
}

/// The user's name in git's configuration.
fn git_name() -> anyhow::Result<String> {
    match git(&["config", "user.name"]) {
        Ok(name) if !name.trim().is_empty() => Ok(name),
        Ok(_) | Err(Refusal::Silent { .. }) => bail!("git has no user.name: say who accepts it with --who"),
        Err(refusal) => bail!("git names nobody ({refusal}): say who accepts it with --who"),
    }
}

/// The full id of the commit that `revision` names. If the repository lacks the commit, hexadecimal digits are
/// accepted.
fn full_id(revision: &str) -> anyhow::Result<String> {
    let (here, words) = match (git::commit(git, revision), git(&["rev-parse", "--git-dir"])) {
        (Ok(id), _) => return Ok(id),
        (Err(words), Ok(_)) => ("there is no such commit here", words),
        (Err(_), Err(words)) => ("git cannot look it up here", words),
    };
    let digits = revision.to_ascii_lowercase();
    ensure!(
        is_commit(&digits),
        "`{revision}`: {here}; to name a commit of another clone, give 7 to 64 hexadecimal digits (git says: {words})"
    );
    tell(format!("note: {revision} is taken as it is written: {here} (git says: {words})"));
    Ok(digits)
}

/// Reasons why the history may not show the annotation at a change, as far as these runs tell.
fn doubts(said: &Annotation, runs: &[(PathBuf, Digest)]) -> Vec<String> {
    // A history shows no run of a debug build.
    let runs = || runs.iter().map(|(_, run)| run).filter(|run| !run.debug);
    let mut doubts = Vec::new();
    let is = |known: &Option<String>, commit: &str| known.as_deref().is_some_and(|known| known.starts_with(commit));
    let placed = |run: &Digest| {
        let after = said.after.as_deref().is_some_and(|after| is(&run.commit, after));
        after || is(&run.commit, &said.commit) || is(&run.parent, &said.commit)
    };
    if !runs().any(placed) {
        let commit = &said.commit;
        doubts
            .push(format!("no recorded run is of {commit} or of its child: `history` shows this once there is one"));
    }
    let models = runs().flat_map(|run| run.models.iter().map(|it| it.model.clone())).collect();
    let questions = runs().flat_map(|run| run.scenarios.iter().map(|it| it.question.clone())).collect();
    let machines = runs().map(|run| run.machine.id()).collect();
    let limits: [(_, _, BTreeSet<String>); 3] = [
        ("model", &said.model, models),
        ("question", &said.question, questions),
        ("machine", &said.machine, machines),
    ];
    for (what, limit, recorded) in limits {
        if let Some(name) = limit.as_ref().filter(|name| !recorded.contains(*name)) {
            let recorded = recorded.into_iter().collect::<Vec<_>>().join(", ");
            let recorded = if recorded.is_empty() { "nothing".into() } else { recorded };
            doubts.push(format!("no recorded run has the {what} `{name}`; recorded: {recorded}"));
        }
    }
    doubts
}

fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".into()) } else { Ok(text.to_owned()) }
}

fn model_id(id: &str) -> Result<String, String> {
    fanout_models::find_or_suggest(id).map(|model| model.id().to_owned())
}
