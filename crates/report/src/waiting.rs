//! Says what one batch of each family shows: how long each took, and how much of that was waiting for the server.

use fanout_analysis::families::{Batch, Families};
use fanout_record::run::Start;

use crate::figures::{count, figure, list};

/// From this share of waiting on, it is nearly all of the time.
const NEARLY_ALL: f64 = 0.75;

/// Returns what the batches show. It begins with what to do, if the batches say so.
#[must_use]
pub fn waiting(families: &Families<'_, '_>) -> String {
    let batches = &families.batches;
    let by_end = |a: &&Batch<'_>, b: &&Batch<'_>| a.end.total_cmp(&b.end);
    let (Some(first), Some(last)) = (batches.iter().min_by(by_end), batches.iter().max_by(by_end)) else {
        return String::new();
    };
    let shares = batches.iter().map(|batch| 100.0 * batch.waited);
    let least = shares.clone().fold(100.0, f64::min);
    let waited = span(format!("{least:.0}"), format!("{:.0}", shares.fold(0.0, f64::max)));
    let more_at_once = first.arm.concurrency > last.arm.concurrency && first.end < last.end;
    let begins = if more_at_once && least >= 100.0 * NEARLY_ALL {
        format!(
            "Where requests wait for their server, keep more of them in flight: {waited} % of the time of the \
             requests was the server's delay; the number of requests in flight therefore decides how long a batch \
             takes."
        )
    } else {
        format!("Of the time of the requests, {waited} % was the server's delay.")
    };
    let (requests, delay) = (count(families.compared.measured.scenario.requests, "request"), families.delay);
    let took = |batch: &Batch<'_>| {
        format!("{} ms with {} ({} in flight)", figure(batch.end), batch.arm.label, batch.arm.concurrency)
    };
    let mut sorted: Vec<&Batch<'_>> = batches.iter().collect();
    sorted.sort_by(by_end);
    let took = list(&sorted.into_iter().map(took).collect::<Vec<String>>());
    let cpu = |of: fn(f64, f64) -> f64| figure(batches.iter().map(|batch| batch.cpu).reduce(of).unwrap_or(0.0));
    let setting_up = match families.compared.measured.scenario.start {
        Start::Cold => ", set-up included",
        Start::Warm => "",
    };
    format!(
        "{begins} Of {requests}, each of which the server held back for {delay} ms, the last was answered after \
         {took}. A batch took {} ms of processor time{setting_up}.",
        span(cpu(f64::min), cpu(f64::max))
    )
}

/// Returns two figures as a sentence has them, or one if they are the same.
fn span(low: String, high: String) -> String {
    if low == high { low } else { format!("{low} to {high}") }
}
