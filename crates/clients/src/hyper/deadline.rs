//! A time limit for the requests that follow one another in a slot, with one timer.
//!
//! To make a timer and to take it back costs two changes in the runtime's list of timers, which hold a lock. Nearly
//! all requests end long before their limit. So the timer of one request stays for the next ones. If it rings before
//! the limit of the request that is then under way, it is set to what is left of that limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::Runtime;

/// The timer of a slot. It is made for the first request that is not answered at once.
pub(super) struct Deadline<R: Runtime> {
    /// `None` before it is made, and once it has rung.
    timer: Option<Pin<Box<R::Sleep>>>,
}

impl<R: Runtime> Default for Deadline<R> {
    fn default() -> Self {
        Self { timer: None }
    }
}

impl<R: Runtime> Deadline<R> {
    /// Runs a future with a time limit; `None` if it took longer. The limit must be no shorter than those before,
    /// since the timer is never set to an earlier moment. The future stays where it is, because that of an
    /// exchange takes kilobytes.
    pub(super) async fn within<F: Future>(
        &mut self,
        runtime: &R,
        limit: Duration,
        mut future: Pin<&mut F>,
    ) -> Option<F::Output> {
        let begun = Instant::now();
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            loop {
                let timer = match &mut self.timer {
                    Some(timer) => timer,
                    None => match limit.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
                        Some(left) => self.timer.insert(Box::pin(runtime.sleep(left))),
                        None => return Poll::Ready(None),
                    },
                };
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.timer = None;
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::num::NonZeroUsize;
    use std::pin::pin;

    use fanout_model::Settings;
    use tokio::time::sleep;

    use super::*;
    use crate::hyper::Tokio;

    const LIMIT: Duration = Duration::from_millis(100);

    #[test]
    fn each_request_has_the_whole_limit_although_the_timer_is_that_of_an_earlier_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let tokio = Tokio::new(&Settings::new(NonZeroUsize::MIN).unwrap()).unwrap();
        runtime.block_on(async {
            let mut deadline = Deadline::default();
            assert_eq!(deadline.within(&tokio, LIMIT, pin!(ready(1))).await, Some(1));
            assert!(deadline.timer.is_none(), "what is ready at once needs no timer");
            assert_eq!(deadline.within(&tokio, LIMIT, pin!(sleep(LIMIT / 2))).await, Some(()));
            assert!(deadline.timer.is_some());
            // The timer rings in the middle of this request.
            let begun = Instant::now();
            assert_eq!(deadline.within(&tokio, LIMIT, pin!(pending::<()>())).await, None);
            assert!(begun.elapsed() >= LIMIT, "{:?}", begun.elapsed());
            assert_eq!(deadline.within(&tokio, LIMIT, pin!(ready(2))).await, Some(2));
        });
    }
}
