//! Defines a whole run, and the form that it has in a file.

use std::collections::BTreeMap;
use std::mem;

use serde::{Deserialize, Serialize};

use super::arm::{Arm, Details};
use super::question::Question;
use crate::machine::Machine;
use crate::source::Source;
use crate::stamp::stamp;

/// The version of this schema. Earlier ones are read as well: version 1 had samples row by row and details in each
/// arm, and version 2 did not say which process a sample was taken in.
pub const SCHEMA: u32 = 3;

/// One invocation of the benches: everything that was measured, and what it was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Run {
    /// The run's own name (ULID), by which the same run is recognised wherever its file is copied.
    pub id: String,
    /// When it began.
    pub started: String,
    /// The process that asked for the run, so that the bench targets of one `cargo bench` join one run.
    pub invocation: String,
    /// The code that was measured.
    pub source: Source,
    /// The machine that it was measured on.
    pub machine: Machine,
    /// The `FANOUT_*` variables that were set.
    pub variables: BTreeMap<String, String>,
    /// What each model is, in one line, by the model's id.
    pub models: BTreeMap<String, String>,
    /// The questions, one for each bench target.
    pub questions: Vec<Question>,
}

impl Run {
    /// Returns when the run began and which commit it measured, as file names have it.
    #[must_use]
    pub fn stamp(&self) -> String {
        stamp(&self.started, &self.source)
    }

    /// Lists what was asked for and was not measured, with a line for each question that is not whole. The list of a
    /// whole run is empty.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.questions.iter().filter_map(Question::missing).collect()
    }

    /// Returns whether some of what was asked for was not measured.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.questions.iter().any(|question| question.missing().is_some())
    }

    /// Returns whether the run holds no sample at all, so that it says nothing about any model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut scenarios = self.questions.iter().flat_map(|question| &question.scenarios);
        scenarios.all(|measured| measured.arms.iter().all(|arm| arm.samples.is_empty()))
    }

    /// Writes this run as JSON, in two parts which follow each other: everything but the `details`, and the
    /// `details`. The first part with a closing brace is a run as well.
    pub(crate) fn parts(&self) -> serde_json::Result<[Vec<u8>; 2]> {
        let mut form = Form::from(self.clone());
        let details = mem::take(&mut form.details);
        let mut first = serde_json::to_vec(&form)?;
        let brace = first.pop();
        debug_assert_eq!(brace, Some(b'}'), "a struct becomes an object");
        let mut second = br#","details":"#.to_vec();
        serde_json::to_writer(&mut second, &details)?;
        second.extend(b"}\n");
        Ok([first, second])
    }

    fn arms(&mut self) -> impl Iterator<Item = &mut Arm> {
        let scenarios = self.questions.iter_mut().flat_map(|question| &mut question.scenarios);
        scenarios.flat_map(|measured| &mut measured.arms)
    }
}

/// The form of a run in a file. `details` is the last member: see [`Run::parts`].
#[derive(Serialize, Deserialize)]
struct Form {
    schema: u32,
    id: String,
    started: String,
    invocation: String,
    source: Source,
    machine: Machine,
    variables: BTreeMap<String, String>,
    /// The first files of version 1 do not have it.
    #[serde(default)]
    models: BTreeMap<String, String>,
    questions: Vec<Question>,
    /// The details of each arm, in the order of the arms. Version 1 had them in the arms, and a file that was made
    /// smaller has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<Details>,
}

impl From<Run> for Form {
    fn from(mut run: Run) -> Self {
        let details = run
            .arms()
            .map(|arm| Details { latencies: mem::take(&mut arm.latencies), timeline: mem::take(&mut arm.timeline) });
        let details = details.collect();
        let Run { id, started, invocation, source, machine, variables, models, questions } = run;
        Self { schema: SCHEMA, id, started, invocation, source, machine, variables, models, questions, details }
    }
}

impl TryFrom<Form> for Run {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let Form { schema: _, id, started, invocation, source, machine, variables, models, questions, details } =
            form;
        let mut run = Self { id, started, invocation, source, machine, variables, models, questions };
        let (arms, given) = (run.arms().count(), details.len());
        if given != 0 && given != arms {
            return Err(format!("{given} `details` for {arms} arms"));
        }
        for (arm, Details { latencies, timeline }) in run.arms().zip(details) {
            (arm.latencies, arm.timeline) = (latencies, timeline);
        }
        Ok(run)
    }
}
