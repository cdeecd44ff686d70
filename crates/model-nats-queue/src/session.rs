//! A client's connection to the queue: it finds the workers, lets them prepare, hands out shares and receives what
//! became of them.

use std::ops::Range;
use std::time::{Duration, Instant};

use async_nats::Client;
use fanout_model::split::even_parts;
use fanout_model::{Request, Settings, SetupError, Uuid};
use fanout_worker::protocol::{Batch, Order, VERSION};
use fanout_worker::role;
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use crate::hello::{HELLO_TIME, find, is_anybody_there, of_this_version, prepare};
use crate::queue::{Done, Item, Queue};
use crate::server::{Server, warning};
use crate::shares::Shares;

/// How long a batch goes on without a server, or without a worker.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long ending may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much of a message is left for what NATS itself adds to an item.
const HEADERS: usize = 1024;

/// An item that was handed out.
pub(crate) struct Handed {
    /// The number of the share in its batch.
    pub(crate) share: usize,
    id: String,
    message: Vec<u8>,
}

/// A connection, and the workers that were there when it was made.
pub(crate) struct Session {
    shown: String,
    client: Client,
    queue: Queue,
    /// This client's name, which no other client has.
    name: String,
    /// How many workers there were when the connection was made.
    workers: usize,
    /// What a worker that takes a share in this place prepares.
    places: Vec<Settings>,
    /// The number of the batch.
    batch: u64,
    /// The number of the next share.
    share: usize,
    arrivals: UnboundedReceiver<(Instant, Done)>,
    /// When there was last a sign that the batch goes on.
    last_sign: Instant,
    /// Why the server refused an item, if it did since the last sign.
    refused: UnboundedReceiver<String>,
    refusals: UnboundedSender<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.shown).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects, finds the workers, and lets them prepare for these settings.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if the server cannot be used, or the workers are not able to do what is asked for.
    pub(crate) async fn open(server: &Server, settings: &Settings) -> Result<Self, SetupError> {
        let client = server.connect().await?;
        // A process that is a worker is one of many, and the program that started it was told already.
        if let Some(warning) = warning(&client.server_info()).filter(|_| !role::is_worker()) {
            eprintln!("note: {warning}");
        }
        let unusable = |why: String| server.unusable(&why);
        let queue = Queue::open(&client).await.map_err(unusable)?;
        let known = queue.workers().await.map_err(unusable)?;
        let workers = find(&client, known).await.map_err(unusable)?;
        let workers = of_this_version(&workers, server)?;
        let places = workers.len().min(settings.concurrency.get());
        let places = even_parts(settings.concurrency.get(), places)
            .filter_map(std::num::NonZeroUsize::new)
            .map(|concurrency| Settings { concurrency, ..settings.clone() })
            .collect::<Vec<_>>();
        prepare(&client, &workers, &places).await?;
        let name = Uuid::new_v4().simple().to_string();
        queue.outcomes_of(&name).await.map_err(unusable)?;
        let (arrived, arrivals) = unbounded_channel();
        tokio::spawn(listen(queue.clone(), name.clone(), arrived));
        let (refusals, refused) = unbounded_channel();
        let (batch, share, last_sign, shown) = (0, 0, Instant::now(), server.shown());
        let workers = workers.len();
        Ok(Self { shown, client, queue, name, workers, places, batch, share, arrivals, last_sign, refused, refusals })
    }

    /// How many workers there were when the connection was made. Each of them may take shares.
    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// How many shares may be with workers at one time.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// How many requests a worker has in flight at most.
    pub(crate) fn in_flight(&self) -> usize {
        self.places.first().map_or(1, |settings| settings.concurrency.get())
    }

    /// The first lane of a place.
    pub(crate) fn first_lane(&self, place: usize) -> usize {
        self.places.iter().take(place).map(|settings| settings.concurrency.get()).sum()
    }

    /// Begins the next batch. What still arrives of an earlier one is not taken for it.
    pub(crate) fn begin(&mut self) {
        self.batch += 1;
        self.share = 0;
        self.last_sign = Instant::now();
    }

    /// Puts a share into the queue, and returns which requests it has: fewer, if they do not fit into one message.
    ///
    /// # Errors
    /// The number of a request that is too large for a message, and the reason.
    pub(crate) fn hand_out(
        &mut self,
        place: usize,
        mut range: Range<usize>,
        requests: &[Request],
        shares: &mut Shares,
    ) -> Result<(Range<usize>, Handed), (usize, String)> {
        let most = self.client.max_payload().saturating_sub(HEADERS);
        loop {
            let reason = match self.item(place, &requests[range.clone()]) {
                Ok(item) if item.message.len() <= most => {
                    self.share += 1;
                    self.put(&item);
                    return Ok((range, item));
                }
                Ok(item) => format!(
                    "the request has {} bytes as a message, and the NATS server takes {most}: raise its \
                     `max_payload`",
                    item.message.len()
                ),
                Err(reason) => reason,
            };
            range = shares.halve(&range).ok_or((range.start, reason))?;
        }
    }

    fn item(&self, place: usize, requests: &[Request]) -> Result<Handed, String> {
        let order = Order::Run { batch: Batch::of(requests, VERSION)? };
        let (client, settings) = (self.name.clone(), self.places[place].clone());
        let item = Item { client, batch: self.batch, share: self.share, settings, order };
        let message = serde_json::to_vec(&item).map_err(|error| error.to_string())?;
        Ok(Handed { share: self.share, id: item.id(), message })
    }

    /// Puts an item into the queue, without waiting until the server has it. If it is there already, it is not put
    /// there again.
    fn put(&self, item: &Handed) {
        let (queue, name, refusals) = (self.queue.clone(), self.name.clone(), self.refusals.clone());
        let (id, message) = (item.id.clone(), item.message.clone());
        tokio::spawn(async move {
            if let Err(reason) = queue.put(&name, &id, message).await {
                // Nobody listens any more when the batch is over.
                let _ = refusals.send(reason);
            }
        });
    }

    /// Waits for the next outcomes of this batch, for as long as `patience` says.
    pub(crate) async fn arrival(&mut self, patience: Duration) -> Option<(Instant, Done)> {
        let until = tokio::time::Instant::now() + patience;
        while let Ok(Some((at, done))) = tokio::time::timeout_at(until, self.arrivals.recv()).await {
            if done.batch == self.batch {
                self.last_sign = at;
                return Some((at, done));
            }
        }
        None
    }

    /// Looks whether the batch goes on, and puts items into the queue again that the server lost. Returns a reason to
    /// give up: for too long, there was no server, or no worker.
    pub(crate) async fn given_up(&mut self, open: impl Iterator<Item = &Handed>) -> Option<String> {
        let open: Vec<&Handed> = open.collect();
        let looked = timeout(HELLO_TIME, self.look(&open)).await;
        match looked.unwrap_or_else(|_| Err(format!("the NATS server at {} does not answer", self.shown))) {
            Ok(()) => {
                self.last_sign = Instant::now();
                while self.refused.try_recv().is_ok() {}
                None
            }
            Err(why) if self.last_sign.elapsed() > PATIENCE => {
                let refused = std::iter::from_fn(|| self.refused.try_recv().ok()).last();
                let refused = refused.map_or(String::new(), |reason| format!(" (it said: {reason})"));
                let rest = self.queue.clear(&self.name);
                // If the server is gone, what it holds goes by itself.
                let _ = timeout(FAREWELL, rest).await;
                Some(format!("for {} s, {why}{refused}", PATIENCE.as_secs()))
            }
            Err(_) => None,
        }
    }

    async fn look(&self, open: &[&Handed]) -> Result<(), String> {
        let left = self.queue.open_items(&self.name).await;
        let left = left.map_err(|why| format!("the NATS server at {} cannot be used: {why}", self.shown))?;
        if left < open.len() {
            open.iter().for_each(|item| self.put(item));
        }
        match (is_anybody_there(&self.client).await?, left) {
            (false, _) => Err(format!("no worker at {} answered", self.shown)),
            (true, 0) => Err(format!("the NATS server at {} lost what it was given", self.shown)),
            (true, _) => Ok(()),
        }
    }

    /// Removes what this client has at the server.
    pub(crate) async fn close(self) {
        // If the server is gone, what it holds goes by itself.
        let _ = timeout(FAREWELL, self.queue.clear(&self.name)).await;
    }
}

/// Passes on what arrives for this client, until nobody wants it any more.
async fn listen(queue: Queue, name: String, arrived: UnboundedSender<(Instant, Done)>) {
    while !arrived.is_closed() {
        if let Ok(consumer) = queue.outcomes_of(&name).await {
            let stream = consumer.stream().max_messages_per_batch(64).expires(Duration::from_secs(10));
            if let Ok(mut messages) = stream.heartbeat(Duration::from_secs(1)).messages().await {
                while let Some(Ok(message)) = messages.next().await {
                    let at = Instant::now();
                    if let Ok(done) = serde_json::from_slice(&message.payload)
                        && arrived.send((at, done)).is_err()
                    {
                        return;
                    }
                    // If this is lost, the message arrives again, and then changes nothing.
                    let _ = message.ack().await;
                }
            }
        }
        // The connection broke, or the server started anew. Both take a moment.
        sleep(Duration::from_millis(100)).await;
    }
}
