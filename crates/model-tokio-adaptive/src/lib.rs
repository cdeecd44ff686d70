//! Futures on one thread, as many at once as the server turns out to be worth.
//!
//! [`limit`] finds the number while the requests run, and keeps it from one batch to the next, as a client does that
//! lives long. [`Settings::concurrency`] is the most that it may find. As with `tokio-current-thread`, there are two
//! ways to use the model: [`TokioAdaptive`] blocks, and [`fetch_all`] is awaited.

pub mod limit;

use std::time::{Duration, Instant};

use fanout_clients::reqwest_async::Client;
use fanout_model::retry::Attempts;
use fanout_model::runtime::EventLoop;
use fanout_model::{
    Batch, Called, Concurrency, Description, Family, Found, Lanes, Model, Outcome, Protocol, Request, RequestError,
    Retry, Runner, Settings, SetupError, Span,
};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::sleep_until;

use crate::limit::Limit;

/// The model; see the crate's header.
#[derive(Debug)]
pub struct TokioAdaptive;

impl Model for TokioAdaptive {
    fn id(&self) -> &'static str {
        "tokio-adaptive"
    }

    fn about(&self) -> &'static str {
        "futures on one thread that find out how many at once the server is worth (reqwest)"
    }

    fn description(&self) -> Option<Description> {
        Some(Description {
            family: Family::OneEventLoop,
            pick_it_when: "nobody knows how many requests at once the server can take, or it changes",
            it_costs: "some time to find the number, and now and then a few requests more than the server can take. \
                Where the number is known, `tokio-buffer-unordered` does the same with less code",
            called: Called::Awaited,
            one_host: false,
            libraries: &["futures-util", "reqwest", "tokio"],
            crates: 96,
            source: include_str!("lib.rs"),
        })
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency::found(100)
    }

    fn protocols(&self) -> &'static [Protocol] {
        Client::PROTOCOLS
    }

    fn prepare(&self, settings: &Settings) -> Result<Box<dyn Runner>, SetupError> {
        let event_loop = EventLoop::current_thread()?;
        let limit = Limit::new(settings.concurrency);
        Ok(Box::new(Prepared { client: Client::new(settings)?, event_loop, retry: settings.retry, limit }))
    }
}

/// A request that has begun.
struct Begun<'a> {
    index: usize,
    span: Span,
    attempts: Attempts<'a>,
}

/// Makes every request inside the caller's event loop, as many in flight as `limit` finds. A request is sent again as
/// `retry` allows; while it waits for that, it is not in flight. Outcome i belongs to request i.
pub async fn fetch_all(client: &Client, requests: &[Request], retry: &Retry, limit: &mut Limit) -> Vec<Outcome> {
    let (batch, lanes) = (Batch::start(), Lanes::new(limit.most()));
    let (mut next, mut finished) = (0, Vec::with_capacity(requests.len()));
    let (mut in_flight, mut waiting) = (FuturesUnordered::new(), Vec::<(Instant, Begun<'_>)>::new());
    loop {
        while in_flight.len() < limit.get() {
            let lane = lanes.take().expect("the limit is never more than the lanes");
            let now = Instant::now();
            let begun = if let Some(due) = waiting.iter().position(|(due, _)| *due <= now) {
                let begun = waiting.swap_remove(due).1;
                Begun { span: begun.span.on(lane.index()), ..begun }
            } else if let Some(request) = requests.get(next) {
                next += 1;
                let span = batch.begin(lane.index());
                Begun { index: next - 1, span, attempts: Attempts::new(retry, request) }
            } else {
                break;
            };
            in_flight.push(async move {
                let (_lane, sent) = (lane, Instant::now());
                (client.fetch_once(&requests[begun.index]).await, sent, begun)
            });
        }
        // Excerpt: begins.
        let now_in_flight = in_flight.len();
        // A request that is due and may not be sent yet is looked at again when an answer comes.
        let again = waiting.iter().map(|(due, _)| *due).min().filter(|_| now_in_flight < limit.get());
        tokio::select! {
            Some((result, sent, mut begun)) = in_flight.next() => {
                let wait = begun.attempts.wait_after(&result);
                learn(limit, &result, sent, now_in_flight);
                match wait {
                    Some(wait) => waiting.push((Instant::now() + wait, begun)),
                    None => finished.push((begun.index, begun.span.end(begun.attempts.end(result)))),
                }
            }
            () = sleep_until(again.unwrap_or_else(Instant::now).into()), if again.is_some() => {}
            else => break,
        }
        // Excerpt: ends.
    }
    batch.in_order(requests.len(), finished)
}

/// Tells the limit how an attempt ended.
fn learn(limit: &mut Limit, result: &Result<Found, RequestError>, sent: Instant, in_flight: usize) {
    let now = Instant::now();
    match result {
        Err(RequestError::Later { seconds, .. }) => limit.refused(sent, now, Duration::from_secs(*seconds)),
        Err(error) if error.is_refusal() || *error == RequestError::Timeout => {
            limit.refused(sent, now, Duration::ZERO);
        }
        Ok(_) => limit.answered(sent, now, in_flight),
        // Another failure says nothing about how many requests the server can take.
        Err(_) => {}
    }
}

struct Prepared {
    // The client is dropped first, because its connections belong to the event loop.
    client: Client,
    event_loop: EventLoop,
    retry: Retry,
    limit: Limit,
}

impl Runner for Prepared {
    fn run(&mut self, requests: &[Request]) -> Vec<Outcome> {
        let fetched = fetch_all(&self.client, requests, &self.retry, &mut self.limit);
        let outcomes = self.event_loop.block_on(fetched);
        outcomes.unwrap_or_else(|error| Batch::refused(requests.len(), &error))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn the_asynchronous_entry_can_move_between_threads() {
        fn moves<F: Future<Output = Vec<Outcome>> + Send + 'static>(_: fn(Client, Vec<Request>) -> F) {}
        moves(|client, requests| async move {
            let mut limit = Limit::new(NonZeroUsize::MIN);
            fetch_all(&client, &requests, &Retry::NEVER, &mut limit).await
        });
    }
}
