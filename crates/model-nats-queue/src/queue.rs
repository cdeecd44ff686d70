//! The queue: its streams, its subjects, and what is said through them. The words are those of the worker protocol.
//!
//! - `fanout-V-work` is a work queue: an item is gone once it is acknowledged. All workers share its one consumer.
//! - `fanout-V-outcomes` holds what became of each item, for as long as the client that asked is there.
//! - `fanout.hello` is where a client asks which workers there are.
//!
//! V is the version of the worker protocol, so that builds that do not understand each other share no queue. What is
//! in a stream does not outlive [`OLDEST_MESSAGE`], and a client's consumer ends by itself.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{self, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context};
use fanout_model::Settings;
use fanout_worker::protocol::{Order, Reply, VERSION};
use serde::{Deserialize, Serialize};

use crate::server::{TIMEOUT, because};

/// How long a worker may be silent before the server hands its item to another worker.
pub(crate) const SILENCE: Duration = Duration::from_secs(4);

/// After so many deliveries an item is given up.
pub(crate) const DELIVERIES: i64 = 3;

/// How long anything stays in a stream if nobody takes it.
const OLDEST_MESSAGE: Duration = Duration::from_secs(15 * 60);

/// For how long the server knows the ids of messages, and stores none twice.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// How long a client's consumer outlives the client.
const ABANDONED: Duration = Duration::from_secs(60);

/// The name of the workers' consumer.
const WORKERS: &str = "workers";

/// Where clients ask for workers. All versions use it, so that one is told of workers of another version.
pub(crate) const HELLO: &str = "fanout.hello";

/// A share of a batch, as it lies in the queue.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    /// The client, whose outcomes have a subject of their own.
    pub(crate) client: String,
    /// The number of the client's batch.
    pub(crate) batch: u64,
    /// The number of the share in its batch.
    pub(crate) share: usize,
    /// What to prepare a model with.
    pub(crate) settings: Settings,
    /// The requests, as [`Order::Run`].
    pub(crate) order: Order,
}

impl Item {
    /// The id by which the server knows that it has the message already.
    pub(crate) fn id(&self) -> String {
        format!("{}.{}.{}", self.client, self.batch, self.share)
    }
}

/// What became of a share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    /// As [`Item::batch`].
    pub(crate) batch: u64,
    /// As [`Item::share`].
    pub(crate) share: usize,
    /// The worker that made the requests.
    pub(crate) worker: String,
    /// How long they took on the worker's clock, which is the only one that its times can be compared with.
    pub(crate) took_ns: u64,
    /// The outcomes, or why there are none.
    pub(crate) reply: Reply,
}

/// What a client asks of all workers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// The client's version of the worker protocol.
    pub(crate) protocol: u32,
    /// What to prepare for; empty to ask only who is there.
    #[serde(default)]
    pub(crate) prepare: Vec<Settings>,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The worker's name, which is its own alone.
    pub(crate) worker: String,
    /// The worker's version of the protocol.
    pub(crate) protocol: u32,
    /// What it says to a question that asks to prepare: prepared, or refused.
    #[serde(default)]
    pub(crate) reply: Option<Reply>,
}

/// The two streams.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    context: Context,
}

impl Queue {
    /// Makes the streams if they are not there.
    ///
    /// # Errors
    /// The server's reason.
    pub(crate) async fn open(client: &Client) -> Result<Self, String> {
        let mut context = jetstream::new(client.clone());
        context.set_timeout(TIMEOUT);
        let queue = Self { context };
        queue.work().await?;
        queue.outcomes().await?;
        Ok(queue)
    }

    /// The stream of the items.
    async fn work(&self) -> Result<Stream, String> {
        self.stream("work", RetentionPolicy::WorkQueue).await
    }

    /// The stream of the outcomes. It keeps nothing that no client waits for.
    async fn outcomes(&self) -> Result<Stream, String> {
        self.stream("outcomes", RetentionPolicy::Interest).await
    }

    async fn stream(&self, name: &str, retention: RetentionPolicy) -> Result<Stream, String> {
        let config = stream::Config {
            name: format!("fanout-{VERSION}-{name}"),
            subjects: vec![format!("fanout.{VERSION}.{name}.*")],
            retention,
            max_age: OLDEST_MESSAGE,
            duplicate_window: REMEMBERED,
            ..stream::Config::default()
        };
        let stream = self.context.get_or_create_stream(config).await.map_err(|error| because(&error))?;
        let found = &stream.cached_info().config;
        if found.retention != retention {
            return Err(format!(
                "its stream {} keeps messages in another way than fanout needs; delete it: `nats stream rm {}`",
                found.name, found.name
            ));
        }
        Ok(stream)
    }

    /// The consumer that all workers share.
    ///
    /// # Errors
    /// The server's reason.
    pub(crate) async fn items(&self) -> Result<PullConsumer, String> {
        let config = pull::Config {
            durable_name: Some(WORKERS.into()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: SILENCE,
            max_ack_pending: 100_000,
            max_waiting: 100_000,
            ..pull::Config::default()
        };
        let consumer = self.work().await?.get_or_create_consumer(WORKERS, config).await;
        consumer.map_err(|error| because(&error))
    }

    /// How many workers are there, as far as the server knows: each waits for an item, or works on one.
    ///
    /// # Errors
    /// The server's reason.
    pub(crate) async fn workers(&self) -> Result<usize, String> {
        let mut items = self.items().await?;
        let info = items.info().await.map_err(|error| because(&error))?;
        Ok(info.num_waiting + info.num_ack_pending)
    }

    /// The consumer of one client's outcomes.
    ///
    /// # Errors
    /// The server's reason.
    pub(crate) async fn outcomes_of(&self, client: &str) -> Result<PullConsumer, String> {
        let config = pull::Config {
            durable_name: Some(client.into()),
            filter_subject: subject("outcomes", client),
            ack_policy: AckPolicy::Explicit,
            inactive_threshold: ABANDONED,
            max_ack_pending: 100_000,
            ..pull::Config::default()
        };
        let consumer = self.outcomes().await?.get_or_create_consumer(client, config).await;
        consumer.map_err(|error| because(&error))
    }

    /// Puts an item into the queue.
    ///
    /// # Errors
    /// The server's reason, or that it did not answer.
    pub(crate) async fn put(&self, client: &str, id: &str, item: Vec<u8>) -> Result<(), String> {
        self.publish(subject("work", client), id, item).await
    }

    /// Stores what became of an item. If it is stored already, nothing changes.
    ///
    /// # Errors
    /// The server's reason, or that it did not answer.
    pub(crate) async fn store(&self, client: &str, id: &str, done: Vec<u8>) -> Result<(), String> {
        self.publish(subject("outcomes", client), id, done).await
    }

    async fn publish(&self, subject: String, id: &str, payload: Vec<u8>) -> Result<(), String> {
        let message = PublishMessage::build().message_id(id).payload(payload.into());
        let sent = self.context.send_publish(subject, message).await.map_err(|error| because(&error))?;
        sent.await.map(|_| ()).map_err(|error| because(&error))
    }

    /// How many items of a client are in the queue, or with a worker.
    ///
    /// # Errors
    /// The server's reason, or that it did not answer.
    pub(crate) async fn open_items(&self, client: &str) -> Result<usize, String> {
        let subject = subject("work", client);
        let info = self.work().await?.info_with_subjects(&subject).await.map_err(|error| because(&error))?;
        let mut counts = futures_util::TryStreamExt::map_ok(info, |(_, count)| count);
        let mut sum = 0;
        while let Some(count) = futures_util::StreamExt::next(&mut counts).await {
            sum += count.map_err(|error| because(&error))?;
        }
        Ok(sum)
    }

    /// Removes what a client left: its items, and the consumer of its outcomes.
    ///
    /// # Errors
    /// The server's reason, or that it did not answer.
    pub(crate) async fn clear(&self, client: &str) -> Result<(), String> {
        let work = self.work().await?;
        work.purge().filter(subject("work", client)).await.map_err(|error| because(&error))?;
        let deleted = self.outcomes().await?.delete_consumer(client).await;
        deleted.map(|_| ()).map_err(|error| because(&error))
    }
}

fn subject(stream: &str, client: &str) -> String {
    format!("fanout.{VERSION}.{stream}.{client}")
}
