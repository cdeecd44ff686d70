//! How a client finds the workers, and lets them prepare: it asks all of them at once, and collects their answers.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::Client;
use fanout_model::{Settings, SetupError};
use fanout_worker::protocol::{Reply, VERSION};
use futures_util::StreamExt;

use crate::queue::{Answer, Ask, HELLO};
use crate::server::{Server, because};

/// How long workers may take to answer who they are.
pub(crate) const HELLO_TIME: Duration = Duration::from_secs(3);

/// After an answer, further workers are waited for this long, if the server does not know how many there are.
const QUIET: Duration = Duration::from_millis(250);

/// How long workers may take to prepare.
const PREPARE_TIME: Duration = Duration::from_secs(60);

/// Asks all workers something, and collects answers until there are `enough`, none arrives for `quiet` after an
/// earlier one, or `most` has passed.
async fn ask(
    client: &Client,
    ask: &Ask,
    quiet: Duration,
    most: Duration,
    enough: impl Fn(&[Answer]) -> bool,
) -> Result<Vec<Answer>, String> {
    let inbox = client.new_inbox();
    let mut heard = client.subscribe(inbox.clone()).await.map_err(|error| because(&error))?;
    let question = serde_json::to_vec(ask).map_err(|error| error.to_string())?;
    let asked = client.publish_with_reply(HELLO, inbox, question.into()).await;
    asked.map_err(|error| because(&error))?;
    let (until, mut answers) = (tokio::time::Instant::now() + most, Vec::new());
    while !enough(&answers) {
        let soon = tokio::time::Instant::now() + quiet;
        let next = if answers.is_empty() { until } else { until.min(soon) };
        match tokio::time::timeout_at(next, heard.next()).await {
            // The server knows at once that nobody listens there.
            Ok(Some(message)) if message.status.is_some() => break,
            Ok(Some(message)) => answers.extend(serde_json::from_slice::<Answer>(&message.payload)),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(answers)
}

/// Finds the workers that are there. The server knows of so many.
pub(crate) async fn find(client: &Client, known: usize) -> Result<Vec<Answer>, String> {
    let question = Ask { protocol: VERSION, prepare: Vec::new() };
    let all = |answers: &[Answer]| known > 0 && answers.iter().filter(|it| it.protocol == VERSION).count() >= known;
    ask(client, &question, QUIET, HELLO_TIME, all).await
}

/// Whether a worker answers.
pub(crate) async fn is_anybody_there(client: &Client) -> Result<bool, String> {
    let question = Ask { protocol: VERSION, prepare: Vec::new() };
    let answers = ask(client, &question, Duration::ZERO, HELLO_TIME, |answers| !answers.is_empty()).await?;
    Ok(!answers.is_empty())
}

/// The names of the workers that speak this version.
pub(crate) fn of_this_version(found: &[Answer], server: &Server) -> Result<BTreeSet<String>, SetupError> {
    let (same, other): (Vec<&Answer>, Vec<&Answer>) = found.iter().partition(|it| it.protocol == VERSION);
    if !same.is_empty() {
        return Ok(same.into_iter().map(|answer| answer.worker.clone()).collect());
    }
    let why = match other.first() {
        Some(Answer { worker, protocol, .. }) => format!(
            "its workers are of another build: the worker {worker} speaks version {protocol} of the worker protocol, \
             and this program speaks version {VERSION}"
        ),
        None => "no worker is connected to it; start some with `cargo fanout worker --nats URL --model ID`".into(),
    };
    Err(server.unusable(&why))
}

/// Lets all workers prepare for all of these settings, and waits for them.
pub(crate) async fn prepare(
    client: &Client,
    workers: &BTreeSet<String>,
    places: &[Settings],
) -> Result<(), SetupError> {
    let mut prepare = places.to_vec();
    prepare.dedup();
    let question = Ask { protocol: VERSION, prepare };
    let is_known = |answer: &&Answer| workers.contains(&answer.worker);
    let refusal = |answers: &[Answer]| {
        answers.iter().filter(is_known).find_map(|answer| match &answer.reply {
            Some(Reply::Refused { reason }) => Some(format!("the worker {}: {reason}", answer.worker)),
            _ => None,
        })
    };
    let answered = ask(client, &question, PREPARE_TIME, PREPARE_TIME, |answers| {
        answers.iter().filter(is_known).count() >= workers.len() || refusal(answers).is_some()
    });
    let answered = answered.await.map_err(SetupError::Elsewhere)?;
    match refusal(&answered) {
        Some(refused) => Err(SetupError::Elsewhere(refused)),
        None if answered.is_empty() => Err(SetupError::Elsewhere("no worker has prepared".into())),
        None => Ok(()),
    }
}
