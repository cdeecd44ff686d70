//! Splits a batch, or a limit, evenly among several carriers.

use crate::Request;

/// Splits `total` into `n` parts that differ by one at most; the larger parts come first.
pub fn even_parts(total: usize, n: usize) -> impl Iterator<Item = usize> {
    let (least, larger) = (total / n.max(1), total % n.max(1));
    (0..n).map(move |i| least + usize::from(i < larger))
}

/// Splits the batch into `n` parts, in order; [`even_parts`] gives their lengths.
pub fn split_evenly(mut requests: &[Request], n: usize) -> impl Iterator<Item = &[Request]> {
    even_parts(requests.len(), n).map(move |length| {
        let (part, rest) = requests.split_at(length);
        requests = rest;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_cover_the_batch_in_order_and_differ_by_one_at_most() {
        for (n, workers) in [(0, 3), (1, 3), (7, 3), (9, 3), (100, 20)] {
            let requests: Vec<Request> = (0..n)
                .map(|i| format!("http://localhost/{i}").parse().unwrap())
                .map(|url| Request::get(url).unwrap())
                .collect();
            let parts: Vec<&[Request]> = split_evenly(&requests, workers).collect();
            assert_eq!(parts.len(), workers);
            assert_eq!(parts.concat(), requests);
            let lengths = || parts.iter().map(|part| part.len());
            assert!(lengths().max().unwrap() - lengths().min().unwrap() <= 1);
        }
    }

    #[test]
    fn a_batch_within_the_limit_is_within_it_in_every_share() {
        for (batch, limit) in (0..20).flat_map(|limit| (0..=limit).map(move |batch| (batch, limit))) {
            assert!(
                even_parts(batch, 3).zip(even_parts(limit, 3)).all(|(part, limit)| part <= limit),
                "{batch} of {limit}"
            );
        }
    }
}
