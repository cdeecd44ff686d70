//! The command that repeats a run.

use fanout_record::Run;

use fanout_analysis::compared::PLAIN;

/// Returns the commands that measure a run again in the same order, with its commit, its variables and its seed.
#[must_use]
pub fn command(run: &Run) -> String {
    let mut lines = Vec::new();
    if let Some(commit) = &run.source.commit {
        if run.source.dirty == Some(true) {
            lines.push("# not exactly: files differed from this commit".into());
        }
        lines.push(format!("git checkout {}", quoted(commit)));
    }
    let mut seeds: Vec<u64> = run.questions.iter().map(|question| question.seed).collect();
    seeds.dedup();
    match seeds.as_slice() {
        [seed] => lines.push(bench(run, *seed, &run.questions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>())),
        _ => lines.extend(run.questions.iter().map(|question| bench(run, question.seed, &[&question.name]))),
    }
    lines.join("\n")
}

fn bench(run: &Run, seed: u64, questions: &[&str]) -> String {
    // An empty variable has the same effect as none. A variable whose name no shell accepts was not set by a shell.
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let set = run.variables.iter().filter(|(name, value)| is_name(name) && !value.is_empty());
    let mut words: Vec<String> = set.map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    if !words.iter().any(|word| word.starts_with("FANOUT_SEED=")) {
        words.push(format!("FANOUT_SEED={seed}"));
    }
    words.push("cargo bench".into());
    if run.source.debug == Some(true) {
        words.push("--profile dev".into());
    }
    let plain = questions.len() == PLAIN.len() && PLAIN.iter().all(|name| questions.contains(name));
    if !plain {
        words.push("-p fanout-benches".into());
        words.extend(questions.iter().map(|name| format!("--bench {}", quoted(name))));
    }
    let arguments = run.questions.iter().find(|it| questions.contains(&it.name.as_str())).map(|it| &it.arguments);
    if let Some(arguments) = arguments.filter(|arguments| !arguments.is_empty()) {
        words.push("--".into());
        words.extend(arguments.iter().map(|argument| quoted(argument)));
    }
    words.join(" ")
}

/// Returns the text with the quotes that a shell needs to read it back unchanged.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
