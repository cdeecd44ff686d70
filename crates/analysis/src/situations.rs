//! Defines situations that people are in, and finds the models that a run recommends for them.
//!
//! A situation names the scenarios that are like it, and the models that a program in that situation can use. The
//! statistics show which of these models are as good as the best. The one of them that costs the processors least is
//! picked, because a choice between equals should cost least.

use fanout_model::{Called, Description};
use fanout_stats::{Estimate, Standing};

use crate::compared::{Answered, Compared};
use crate::metric::Metric;
use crate::ranking::{Ranking, Unranked};

/// A function that returns the description of the model with an id, or `None` if the model is not known.
pub type Describe = fn(&str) -> Option<Description>;

/// A situation that a program may be in.
#[derive(Debug)]
pub struct Situation {
    /// The situation's key, in kebab-case.
    pub id: &'static str,
    /// The end of the sentence "If your program ...".
    pub program: &'static str,
    /// The measure that counts.
    pub by: Metric,
    /// The question that asks about the situation.
    pub question: &'static str,
    /// The parameters of the scenarios that are like the situation, the most alike first. The empty parameter is that
    /// of a question with one scenario.
    pub parameters: &'static [&'static str],
    /// Whether a program in the situation can use a model.
    pub admits: fn(&Description) -> bool,
}

/// All situations, the most common one first.
pub const SITUATIONS: [Situation; 15] = [
    Situation {
        id: "usual",
        program: "sends some hundreds of requests to a server that takes some milliseconds for each",
        by: Metric::Time,
        question: "server_delay",
        parameters: &["5", "10", "20"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "synchronous",
        program: "is synchronous and should stay so, such as a command-line tool",
        by: Metric::Time,
        question: "server_delay",
        parameters: &["5", "10", "20"],
        admits: Description::is_synchronous,
    },
    Situation {
        id: "tokio",
        program: "is a service on tokio, and keeps some dozens of requests in flight",
        by: Metric::Time,
        question: "concurrency",
        parameters: &["64", "16", "8"],
        admits: |model| model.called == Called::Awaited && !model.one_host,
    },
    Situation {
        id: "thousands",
        program: "sends thousands of requests to a few hosts, over connections that stay open",
        by: Metric::Time,
        question: "batch_size",
        parameters: &["1000", "10000"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "one-host",
        program: "sends all of its requests to one host that speaks HTTP/2",
        by: Metric::Time,
        question: "protocol",
        parameters: &["http2", "tls-http2"],
        admits: |_| true,
    },
    Situation {
        id: "one-by-one",
        program: "sends one request at a time",
        by: Metric::Time,
        question: "concurrency",
        parameters: &["1"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "processor",
        program: "has little processor time to spare, so that the cost of each request counts",
        by: Metric::Cpu,
        question: "server_delay",
        parameters: &["1", "5"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "short-lived",
        program: "starts, sends one request without TLS and ends, such as a function in the cloud",
        by: Metric::Cpu,
        question: "cold_start",
        parameters: &[""],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "tls",
        program: "connects with TLS for each request, since nothing keeps connections open",
        by: Metric::Time,
        question: "protocol",
        parameters: &["tls-connection-per-request"],
        admits: |_| true,
    },
    Situation {
        id: "crawler",
        program: "sends requests to thousands of hosts, such as a crawler",
        by: Metric::Time,
        question: "hosts",
        parameters: &[],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "large-files",
        program: "downloads large files from a server that is near",
        by: Metric::Time,
        question: "body",
        parameters: &["download-1MB", "download-4MB"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "uploads",
        program: "uploads large bodies to a server that is near",
        by: Metric::Time,
        question: "body",
        parameters: &["upload-1MB"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "parsing",
        program: "works on each answer for some milliseconds, for example to parse it",
        by: Metric::Time,
        question: "work",
        parameters: &["10", "1"],
        admits: |model| !model.one_host,
    },
    Situation {
        id: "busy-server",
        program: "sends requests to a server that serves only some dozens of them at once",
        by: Metric::Time,
        question: "capacity",
        parameters: &["20", "100"],
        admits: |_| true,
    },
    Situation {
        id: "rate-limit",
        program: "may send only so many requests a second",
        by: Metric::Time,
        question: "capacity",
        parameters: &["500-a-second"],
        admits: |_| true,
    },
];

/// The answer of a run for a situation.
#[derive(Debug)]
pub struct Answer<'a, 'r> {
    /// The situation.
    pub situation: &'static Situation,
    /// The findings of the scenario that the answer is based on; `None` if the run measured no scenario like the
    /// situation.
    pub found: Option<Found<'a, 'r>>,
}

/// The findings of a scenario for a situation. Models are given by their places in the scenario's rows.
#[derive(Debug)]
pub struct Found<'a, 'r> {
    /// The scenario.
    pub compared: &'a Compared<'r>,
    /// The models of the scenario that the program can use, ranked by the measure that counts.
    pub ranking: Ranking,
    /// The model that is picked, or why none is picked.
    pub pick: Result<Pick, Open>,
}

/// The model that should be taken, and how the others stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The model that should be taken.
    pub first: usize,
    /// The other models that are as good by the measure that counts, the cheapest for the processors first.
    pub as_good: Vec<usize>,
    /// The models of which it is not known whether they are as good.
    pub not_known: Vec<usize>,
    /// The worse model that is nearest to the best, and how many times as much it takes as the best.
    pub next: Option<(usize, Estimate)>,
    /// The worse model that is farthest from the best, and how many times as much it takes as the best.
    pub farthest: Option<(usize, Estimate)>,
}

/// Why no model is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Nothing is claimed in this scenario.
    Unranked(Unranked),
    /// No model that the program can use was measured.
    NoModel,
    /// The intervals are too wide to say which models are as good as the best.
    TooWide,
}

/// Answers every situation from a run's questions.
#[must_use]
pub fn answers<'a, 'r>(questions: &'a [Answered<'r>], describe: Describe) -> Vec<Answer<'a, 'r>> {
    let answer = |situation| Answer { situation, found: find(situation, questions, describe) };
    SITUATIONS.iter().map(answer).collect()
}

fn find<'a, 'r>(situation: &Situation, questions: &'a [Answered<'r>], describe: Describe) -> Option<Found<'a, 'r>> {
    let question = questions.iter().find(|answered| answered.question.name == situation.question)?;
    let named = |parameter: &&str| {
        question.scenarios.iter().find(|compared| compared.measured.scenario.parameter == **parameter)
    };
    Some(find_in(situation.parameters.iter().find_map(named)?, situation.by, describe, situation.admits))
}

/// Finds what a scenario shows by one measure, among those of its models that a program can use according to
/// `admits`.
#[must_use]
pub fn find_in<'a, 'r>(
    compared: &'a Compared<'r>,
    by: Metric,
    describe: Describe,
    admits: impl Fn(&Description) -> bool,
) -> Found<'a, 'r> {
    let admitted = |row: usize| describe(&compared.rows[row].arm.model).is_some_and(|model| admits(&model));
    let ranking = compared.among(by, admitted);
    let pick = pick(&ranking, compared);
    Found { compared, ranking, pick }
}

fn pick(ranking: &Ranking, compared: &Compared<'_>) -> Result<Pick, Open> {
    if ranking.leader().is_none() {
        return Err(Open::NoModel);
    }
    if let Some(unranked) = ranking.unranked {
        return Err(Open::Unranked(unranked));
    }
    let mut as_good = ranking.as_good();
    let cost = |row: &usize| compared.rows[*row].cpu.map_or(f64::INFINITY, |cpu| cpu.value);
    as_good.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let first = *as_good.first().ok_or(Open::TooWide)?;
    let worse: Vec<(usize, Estimate)> = ranking
        .standing(&[Standing::Worse])
        .into_iter()
        .filter_map(|row| Some((row, ranking.against_best(row)?.ratio)))
        .collect();
    Ok(Pick {
        first,
        as_good: as_good.into_iter().filter(|row| *row != first).collect(),
        not_known: ranking.standing(&[Standing::NotKnown]),
        next: worse.first().copied(),
        farthest: worse.last().copied(),
    })
}
