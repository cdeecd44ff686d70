//! Makes one batch: it hands out shares, and collects what became of them.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use fanout_model::{Batch, Outcome, Request, Usage};
use fanout_worker::protocol::Reply;

use crate::queue::Done;
use crate::session::{Handed, Session};
use crate::shares::Shares;

/// How often the client looks whether somebody still works for it, while no outcome arrives.
const LOOK: Duration = Duration::from_secs(1);

/// A share that is in the queue or with a worker.
struct Open {
    range: Range<usize>,
    /// Which of the places it takes.
    place: usize,
    /// When it was handed out, on the batch's clock.
    sent: Duration,
    /// The item, to hand it out again if the server loses it.
    item: Handed,
}

/// Makes a batch, and returns its outcomes in the order of the requests, with what the workers used.
pub(crate) async fn carry(session: &mut Session, requests: &[Request]) -> (Vec<Outcome>, Usage) {
    let batch = Batch::start();
    session.begin();
    let mut finished = Vec::with_capacity(requests.len());
    let mut spent = HashMap::new();
    let mut shares = Shares::new(requests.len(), session.places(), session.in_flight());
    let mut free: Vec<usize> = (0..session.places()).rev().collect();
    let mut open: HashMap<usize, Open> = HashMap::new();
    // Excerpt: begins.
    loop {
        // There is a place for each worker, so that no more requests are in flight than were asked for.
        while let Some(place) = free.pop() {
            let Some(range) = shares.next() else { break };
            match session.hand_out(place, range, requests, &mut shares) {
                Ok((range, item)) => {
                    open.insert(item.share, Open { range, place, sent: batch.elapsed(), item });
                }
                Err((too_large, reason)) => {
                    finished.push((too_large, Outcome::lost(0, batch.elapsed(), reason)));
                    free.push(place);
                }
            }
        }
        if open.is_empty() {
            break;
        }
        if let Some((at, done)) = session.arrival(LOOK).await {
            // An outcome of a share whose outcomes arrived already is one too many, and changes nothing.
            let Some(share) = open.remove(&done.share) else { continue };
            free.push(share.place);
            finished.extend(outcomes(session, &share, on_the_clock(batch, at), &done));
            add(spent.entry(done.worker).or_default(), &done.reply);
        } else if let Some(reason) = session.given_up(open.values().map(|share| &share.item)).await {
            let rest = open.drain().flat_map(|(_, share)| share.range).chain(shares.rest());
            finished.extend(rest.map(|i| (i, Outcome::lost(0, batch.elapsed(), reason.clone()))));
        }
    }
    // Excerpt: ends.
    let mut usage = Usage::default();
    spent.into_values().for_each(|of_one| usage += of_one);
    (batch.in_order(requests.len(), finished), usage)
}

/// A moment on the batch's clock.
fn on_the_clock(batch: Batch, at: Instant) -> Duration {
    batch.elapsed().saturating_sub(at.elapsed())
}

/// The outcomes of a share, each with the number of its request, from the worker's clock to the batch's.
///
/// The clocks of two machines cannot be compared, but a stretch of time is as long on both. The worker began as long
/// before its outcomes arrived as it took for them, and not before the share was handed out.
fn outcomes<'a>(
    session: &Session,
    share: &Open,
    arrived: Duration,
    done: &'a Done,
) -> impl Iterator<Item = (usize, Outcome)> + use<'a> {
    let began = arrived.saturating_sub(Duration::from_nanos(done.took_ns)).max(share.sent);
    let first_lane = session.first_lane(share.place);
    let (made, reason) = match &done.reply {
        Reply::Outcomes { outcomes, .. } => (outcomes.as_slice(), String::new()),
        Reply::Refused { reason } => (&[][..], reason.clone()),
        other => (&[][..], format!("the worker {} answered {other:?}", done.worker)),
    };
    let reason = if reason.is_empty() {
        format!("the worker {} answered {} outcomes for {} requests", done.worker, made.len(), share.range.len())
    } else {
        reason
    };
    share.range.clone().enumerate().map(move |(place, i)| match made.get(place) {
        Some(outcome) => (i, Outcome { lane: first_lane + outcome.lane, ..outcome.clone().later(began) }),
        None => (i, Outcome::lost(first_lane, arrived, reason.clone())),
    })
}

/// Adds what a worker used for one share to what it used before. Memory and threads are the most that it had.
fn add(sum: &mut Usage, reply: &Reply) {
    let Reply::Outcomes { usage, .. } = reply else { return };
    let (memory, threads) = (sum.peak_memory.max(usage.peak_memory), sum.threads.max(usage.threads));
    *sum += *usage;
    (sum.peak_memory, sum.threads) = (memory, threads);
}
