//! One run of each machine, side by side. Runs of two machines are never pooled. Each machine has an answer of its
//! own, and the page shows in which situations the answers agree.

use std::collections::BTreeMap;

use fanout_analysis::compared::{PLAIN, questions};
use fanout_analysis::situations::{Answer, Describe, SITUATIONS, answers};
use fanout_record::Run;
use fanout_record::run::Question;
use maud::{Markup, html};

use super::address::address;
use crate::figures::{count, list};
use crate::situations::tell;
use crate::words::{label, labels};

/// All machines, each with the run that is its best answer.
#[derive(Default)]
pub(super) struct Machines {
    runs: BTreeMap<String, Run>,
}

/// The answers of one machine for all situations, in their order.
struct Column {
    machine: String,
    cores: String,
    address: String,
    started: String,
    /// The advice for each situation, in a few words.
    advice: Vec<String>,
    /// The labels of the models that are as good as the best, for each situation. There are none if no model is
    /// picked.
    as_good: Vec<Vec<String>>,
}

/// What makes one run the better answer than another: that it asks more of the questions of a plain `cargo bench`,
/// then that it is whole, and then that it is newer.
fn rank(run: &Run) -> (usize, bool, &str, &str) {
    let is_plain = |question: &&Question| PLAIN.contains(&question.name.as_str());
    (run.questions.iter().filter(is_plain).count(), !run.is_partial(), &run.started, &run.id)
}

impl Machines {
    /// Keeps the run if it is the better answer than the run that is kept of its machine.
    pub(super) fn see(&mut self, run: Run) {
        let is_better = self.runs.get(&run.machine.id()).is_none_or(|known| rank(&run) > rank(known));
        if is_better {
            self.runs.insert(run.machine.id(), run);
        }
    }

    /// Returns the best answer of all machines.
    pub(super) fn best(&self) -> Option<&Run> {
        self.runs.values().max_by(|a, b| rank(a).cmp(&rank(b)))
    }

    /// Returns the number of machines.
    pub(super) fn number(&self) -> usize {
        self.runs.len()
    }

    /// Returns a table with a row for each situation, a column for each machine, and a column that shows whether the
    /// machines agree.
    pub(super) fn compared(&self, describe: Describe) -> Markup {
        let columns: Vec<Column> = self.runs.values().map(|run| column(run, describe)).collect();
        if columns.len() < 2 {
            return html! {
                p { "All runs are of one machine. Record a run on another one to see whether they agree." }
            };
        }
        html! {
            p {
                "For each machine, this shows the newest of the runs that ask the most questions. The figures of two \
                 machines are never pooled."
            }
            div.scroll tabindex="0" role="region" aria-label="The answers of all machines" {
                table.wrapped {
                    thead { tr {
                        th scope="col" { "If your program ..." }
                        th scope="col" { "do the machines agree?" }
                        @for column in &columns {
                            th scope="col" {
                                a href=(column.address) { (column.machine) } br; (column.cores) br; (column.started)
                            }
                        }
                    } }
                    tbody {
                        @for (i, situation) in SITUATIONS.iter().enumerate() {
                            tr {
                                th scope="row" { "... " (situation.program) }
                                td { (agreement(columns.iter().map(|column| &column.as_good[i]))) }
                                @for column in &columns { td { (column.advice[i]) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn column(run: &Run, describe: Describe) -> Column {
    let answered = questions(run);
    let answers = answers(&answered, describe);
    Column {
        machine: run.machine.id(),
        cores: run.machine.cores.map_or_else(|| "cores unknown".into(), |cores| count(cores, "core")),
        address: address(run),
        started: run.started.clone(),
        advice: answers.iter().map(|answer| tell(answer).short).collect(),
        as_good: answers.iter().map(as_good).collect(),
    }
}

/// Returns the labels of the models that are as good as the best; none if no model is picked.
fn as_good(answer: &Answer<'_, '_>) -> Vec<String> {
    let Some(found) = &answer.found else { return Vec::new() };
    let Ok(pick) = &found.pick else { return Vec::new() };
    let first = label(&found.compared.rows[pick.first]);
    [first].into_iter().chain(labels(&pick.as_good, found.compared)).map(str::to_owned).collect()
}

/// Says whether a model is among the best on every machine for which the best is known.
fn agreement<'a>(machines: impl Iterator<Item = &'a Vec<String>>) -> String {
    let (known, unknown): (Vec<&Vec<String>>, Vec<_>) = machines.partition(|names| !names.is_empty());
    let [first, others @ ..] = known.as_slice() else { return "not known on any machine".into() };
    if others.is_empty() {
        return "known on one machine only".into();
    }
    let shared: Vec<&String> = first.iter().filter(|name| others.iter().all(|other| other.contains(name))).collect();
    let but = if unknown.is_empty() { String::new() } else { format!(" (not known on {})", unknown.len()) };
    match shared.as_slice() {
        [] => format!("no: no model is as good as the best on all{but}"),
        names if names.len() > 3 => format!("yes: {} models are as good as the best on all{but}", names.len()),
        names => format!("yes: {}{but}", list(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_agree_where_a_model_is_among_the_best_of_each() {
        let said = |machines: &[&[&str]]| {
            let owned: Vec<Vec<String>> =
                machines.iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect()).collect();
            agreement(owned.iter())
        };
        assert_eq!(said(&[&["a", "b"], &["b", "c"]]), "yes: b");
        assert_eq!(said(&[&["a"], &["b"]]), "no: no model is as good as the best on all");
        assert_eq!(said(&[&["a"], &["a"], &[]]), "yes: a (not known on 1)");
        assert_eq!(said(&[&["a"], &[]]), "known on one machine only");
        assert_eq!(said(&[&[], &[]]), "not known on any machine");
        assert_eq!(
            said(&[&["a", "b", "c", "d"], &["d", "c", "b", "a"]]),
            "yes: 4 models are as good as the best on all"
        );
    }
}
