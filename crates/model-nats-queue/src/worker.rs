//! A worker: it takes one item after another, makes its requests with a model, stores what became of them, and only
//! then acknowledges the item. An item that is not acknowledged is delivered again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use fanout_model::runtime::refuse;
use fanout_model::{Request, SetupError, Usage, Uuid, nanoseconds};
use fanout_usage::Meter;
use fanout_worker::protocol::{Order, Reply, VERSION};
use futures_util::StreamExt;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::{interval, sleep, timeout};

use crate::children::Children;
use crate::queue::{Answer, Ask, DELIVERIES, Done, HELLO, Item, Queue, SILENCE};
use crate::server::{Server, because, warning};

/// How long a worker asks for an item before it asks again. A server that started anew does not know of older
/// questions.
const ASK: Duration = Duration::from_secs(2);

/// How long a worker waits before it tries again what the server did not do.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a worker tries to store outcomes. After that, the server has long given the item to another worker.
const STORE_TIME: Duration = Duration::from_secs(60);

/// Works until the process ends. `model` is the id of the model that makes the requests, and `tell` gets what a
/// person should know. The program must have called `fanout_models::enter()` first in `main`.
///
/// # Errors
/// [`SetupError`] if the server cannot be used.
pub fn serve(server: &Server, model: &str, tell: fn(&str)) -> Result<Infallible, SetupError> {
    refuse()?;
    let event_loop = Builder::new_current_thread().enable_all().build();
    let event_loop =
        event_loop.map_err(|error| SetupError::Client(format!("cannot start an event loop: {error}")))?;
    event_loop.block_on(async {
        let client = server.connect().await?;
        if let Some(warning) = warning(&client.server_info()) {
            tell(&format!("note: {warning}"));
        }
        let unusable = |why: String| server.unusable(&why);
        let queue = Queue::open(&client).await.map_err(unusable)?;
        queue.items().await.map_err(unusable)?;
        let id = Uuid::new_v4().simple().to_string();
        let name = format!("{}-{}", hostname(), &id[..8]);
        let worker = Arc::new(Worker { name, client, queue, children: Arc::new(Children::new(model)), tell });
        let questions = worker.client.subscribe(HELLO).await.map_err(|error| unusable(because(&error)))?;
        // Whoever hears that the worker is ready may ask at once.
        worker.client.flush().await.map_err(|error| unusable(because(&error)))?;
        tell(&format!("the worker {} is ready: it makes requests with {model}, for {}", worker.name, server.shown()));
        tokio::spawn(answer(worker.clone(), questions));
        worker.work().await
    })
}

/// The name of this machine, with the characters that may stand in any message.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).collect();
    if name.is_empty() { "worker".into() } else { name }
}

struct Worker {
    name: String,
    client: Client,
    queue: Queue,
    children: Arc<Children>,
    tell: fn(&str),
}

/// Answers each client that asks who is there, or that asks to prepare. An item that is being worked on goes on.
async fn answer(worker: Arc<Worker>, mut questions: async_nats::Subscriber) {
    while let Some(message) = questions.next().await {
        let (Some(reply_to), Ok(ask)) = (message.reply, serde_json::from_slice::<Ask>(&message.payload)) else {
            continue;
        };
        let worker = worker.clone();
        tokio::spawn(async move {
            let reply = match ask {
                Ask { protocol, prepare } if protocol != VERSION || prepare.is_empty() => None,
                Ask { prepare, .. } => {
                    let children = worker.clone();
                    let prepared =
                        spawn_blocking(move || prepare.iter().try_for_each(|it| children.children.prepare(it))).await;
                    Some(match prepared {
                        Ok(Ok(())) => Reply::Prepared,
                        Ok(Err(reason)) => Reply::Refused { reason },
                        Err(error) => Reply::Refused { reason: error.to_string() },
                    })
                }
            };
            let answer = Answer { worker: worker.name.clone(), protocol: VERSION, reply };
            if let Ok(answer) = serde_json::to_vec(&answer) {
                // A client that did not hear it asks again, or does without this worker.
                let _ = worker.client.publish(reply_to, answer.into()).await;
            }
        });
    }
}

impl Worker {
    async fn work(&self) -> Result<Infallible, SetupError> {
        let (mut meter, mut is_away) = (Meter::start(), false);
        loop {
            let Err(why) = self.take_items(&mut meter, &mut is_away).await;
            if !is_away {
                (self.tell)(&format!("the NATS server gives no work: {why}; trying again"));
            }
            is_away = true;
            sleep(PAUSE).await;
        }
    }

    /// Takes items until the server cannot be asked any more, or has forgotten the queue.
    async fn take_items(&self, meter: &mut Meter, is_away: &mut bool) -> Result<Infallible, String> {
        let items = self.queue.items().await?;
        loop {
            let next = next(&items).await?;
            if self.client.connection_state() != State::Connected {
                return Err("there is no connection".into());
            }
            if std::mem::take(is_away) {
                (self.tell)("the NATS server gives work again");
            }
            if let Some(message) = next {
                self.carry(message, meter).await;
            }
        }
    }

    /// Makes the requests of an item, and stores what became of them. `meter` has counted since the last item.
    async fn carry(&self, message: Message, meter: &mut Meter) {
        let deliveries = message.info().map_or(1, |info| info.delivered);
        let (item, requests) = match read(&message.payload) {
            Ok(item) => item,
            Err(error) => {
                (self.tell)(&format!("an item is not of the worker protocol, and is dropped: {error}"));
                let _ = message.ack_with(AckKind::Term).await;
                return;
            }
        };
        let (began, share) = (Instant::now(), format!("share {}", item.id()));
        let made = if deliveries > DELIVERIES {
            Err(format!("each of {DELIVERIES} workers that took these requests ended before they were made"))
        } else {
            self.make(&message, &item, requests).await
        };
        let mut own = std::mem::replace(meter, Meter::start()).stop();
        let took_ns = nanoseconds(began.elapsed());
        let reply = match made {
            Ok((outcomes, usage)) => {
                own += usage;
                Reply::Outcomes { outcomes, usage: own }
            }
            Err(reason) if deliveries < DELIVERIES => {
                (self.tell)(&format!("{share}, delivery {deliveries} of {DELIVERIES}, failed: {reason}"));
                let _ = message.ack_with(AckKind::Nak(None)).await;
                return;
            }
            Err(reason) => {
                (self.tell)(&format!("{share} is lost: {reason}"));
                Reply::Refused { reason: format!("given up after {DELIVERIES} deliveries: {reason}") }
            }
        };
        let done = Done { batch: item.batch, share: item.share, worker: self.name.clone(), took_ns, reply };
        match self.store(&item, &done).await {
            // If this is lost, the item is delivered again, and its second outcomes are known as such by their id.
            Ok(()) => drop(message.ack().await),
            Err(why) => (self.tell)(&format!("the outcomes of {share} cannot be stored: {why}")),
        }
    }

    /// Makes the requests in a child, and meanwhile tells the server that somebody works on the item.
    async fn make(
        &self,
        message: &Message,
        item: &Item,
        requests: Vec<Request>,
    ) -> Result<(Vec<fanout_model::Outcome>, Usage), String> {
        let (children, settings) = (self.children.clone(), item.settings.clone());
        let mut made = spawn_blocking(move || children.run(&settings, &requests));
        let mut signs = interval(SILENCE / 4);
        signs.tick().await;
        loop {
            tokio::select! {
                made = &mut made => return made.unwrap_or_else(|error| Err(error.to_string())),
                // While there is no connection, no sign gets through, and the server gives the item to another.
                _ = signs.tick() => drop(message.ack_with(AckKind::Progress).await),
            }
        }
    }

    async fn store(&self, item: &Item, done: &Done) -> Result<(), String> {
        let stored = serde_json::to_vec(done).map_err(|error| error.to_string())?;
        let until = Instant::now() + STORE_TIME;
        loop {
            match self.queue.store(&item.client, &item.id(), stored.clone()).await {
                Err(_) if Instant::now() < until => sleep(PAUSE).await,
                result => return result,
            }
        }
    }
}

/// Waits for an item, and takes no more than one: another worker may be free for the next.
async fn next(items: &PullConsumer) -> Result<Option<Message>, String> {
    let asked = items.batch().max_messages(1).expires(ASK).messages().await;
    let mut asked = asked.map_err(|error| because(&error))?;
    match timeout(ASK + PAUSE, asked.next()).await {
        Ok(Some(Ok(message))) => Ok(Some(message)),
        Ok(Some(Err(error))) => Err(because(error.as_ref())),
        // There was none, or the server does not know any more that it was asked.
        Ok(None) | Err(_) => Ok(None),
    }
}

/// Returns an item with its requests. The error quotes nothing of it, since it may hold secrets.
fn read(payload: &[u8]) -> Result<(Item, Vec<Request>), String> {
    let item: Item = serde_json::from_slice(payload)
        .map_err(|error| format!("line {}, column {}", error.line(), error.column()))?;
    let Order::Run { batch } = &item.order else { return Err("it is no order to run".into()) };
    let requests = batch.clone().into_requests().map_err(|error| error.to_string())?;
    Ok((item, requests))
}
