//! How a batch is cut into shares.
//!
//! A share is what one item holds: a request an item would cost the queue, which takes and gives each item once, more
//! than the request costs; and a share that is too large keeps one worker busy at the end while the others have
//! nothing to do, and is made again as a whole when its worker dies.
//!
//! So a share is half of what each worker would still have to do: remaining / (2 x workers), rounded up to a whole
//! multiple of what a worker has in flight ("guided self-scheduling": C. D. Polychronopoulos and D. J. Kuck, IEEE
//! Transactions on Computers C-36 (12), 1987). The first shares are large, and the last ones small, so that all
//! workers end at nearly the same time, also if some of them are slower. No share is larger than [`MOST`]. A batch
//! that is too small for that is split evenly.

use std::ops::Range;

/// The most requests in a share.
const MOST: usize = 512;

/// Up to so many turns of requests in flight, a batch is split evenly.
const FEW_TURNS: usize = 8;

/// The shares of a batch that are still to be handed out.
#[derive(Debug)]
pub(crate) struct Shares {
    next: usize,
    end: usize,
    workers: usize,
    in_flight: usize,
    /// The size of each share, if they are even.
    even: Option<usize>,
}

impl Shares {
    /// The shares of a batch of `n` requests for so many workers, with so many in flight each.
    pub(crate) fn new(n: usize, workers: usize, in_flight: usize) -> Self {
        let (workers, in_flight) = (workers.max(1), in_flight.max(1));
        let is_small = n <= workers.saturating_mul(in_flight).saturating_mul(FEW_TURNS);
        let even = is_small.then(|| n.div_ceil(workers).clamp(1, MOST));
        Self { next: 0, end: n, workers, in_flight, even }
    }

    /// The requests of the next share; `None` once all are handed out.
    pub(crate) fn next(&mut self) -> Option<Range<usize>> {
        let remaining = self.end - self.next;
        let half = remaining.div_ceil(2 * self.workers).next_multiple_of(self.in_flight).min(MOST);
        let size = self.even.unwrap_or(half).min(remaining);
        let start = self.next;
        self.next += size;
        (size > 0).then_some(start..self.next)
    }

    /// The requests of all shares that are still to be handed out, which then are.
    pub(crate) fn rest(&mut self) -> Range<usize> {
        std::mem::replace(&mut self.next, self.end)..self.end
    }

    /// Makes the share that was taken last shorter by half, because it is too large for one message. The rest is
    /// handed out next. A share of one request is not cut.
    pub(crate) fn halve(&mut self, share: &Range<usize>) -> Option<Range<usize>> {
        if share.len() < 2 || share.end != self.next {
            return None;
        }
        self.next = share.start + share.len() / 2;
        Some(share.start..self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(n: usize, workers: usize, in_flight: usize) -> Vec<usize> {
        let mut shares = Shares::new(n, workers, in_flight);
        std::iter::from_fn(|| shares.next()).map(|share| share.len()).collect()
    }

    #[test]
    fn the_shares_cover_the_batch_and_none_is_empty_or_too_large() {
        for (n, workers, in_flight) in
            [(0, 3, 20), (1, 3, 20), (100, 4, 5), (4_000, 4, 20), (10_000, 3, 7), (1_000_000, 2, 1), (10, 20, 1)]
        {
            let sizes = sizes(n, workers, in_flight);
            assert_eq!(sizes.iter().sum::<usize>(), n);
            assert!(sizes.iter().all(|size| (1..=MOST).contains(size)), "{sizes:?}");
        }
    }

    #[test]
    fn a_small_batch_is_split_evenly_and_the_shares_of_a_large_one_shrink() {
        assert_eq!(sizes(100, 4, 5), [25; 4]);
        assert_eq!(sizes(3, 4, 5), [1; 3]);
        let sizes = sizes(4_000, 4, 20);
        assert!(sizes.is_sorted_by(|one, next| one >= next) && sizes.len() < 60, "{sizes:?}");
        assert_eq!((sizes[0], sizes[sizes.len() - 2]), (500, 20));
    }

    #[test]
    fn a_share_that_is_too_large_for_a_message_is_cut_down_to_one_request() {
        let mut shares = Shares::new(10, 1, 20);
        let mut share = shares.next().unwrap();
        assert_eq!(share, 0..10);
        while let Some(half) = shares.halve(&share) {
            share = half;
        }
        assert_eq!((share, shares.next()), (0..1, Some(1..10)));
    }
}
