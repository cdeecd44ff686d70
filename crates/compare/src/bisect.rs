//! The first commit that made it slower, among many.

use std::collections::BTreeSet;

/// What is known of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Neither it nor one before it is the first bad one.
    Good,
    /// It is bad.
    Bad,
    /// It can't be asked, and is skipped as `git bisect skip` does.
    Unknown,
}

/// Finds the first of `commits` that is bad, given that the last is: the commits among which it is, in a row, which
/// are as many as there are unknown ones right before the first one that is known as bad, and that one. None of none.
/// Asks of as few as a bisection needs, and of a neighbour where one is unknown.
///
/// # Errors
/// Where `asked` fails.
pub fn first_bad<E>(commits: &[String], mut asked: impl FnMut(&str) -> Result<Answer, E>) -> Result<&[String], E> {
    // The first that is bad lies in low..=high.
    let (mut low, mut high) = (0, commits.len().saturating_sub(1));
    let mut unknown = BTreeSet::new();
    while let Some(next) = (low..high)
        .filter(|place| !unknown.contains(place))
        .min_by_key(|place| place.abs_diff(usize::midpoint(low, high)))
    {
        match asked(&commits[next])? {
            Answer::Good => low = next + 1,
            Answer::Bad => high = next,
            Answer::Unknown => {
                unknown.insert(next);
            }
        }
    }
    Ok(commits.get(low..=high).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(n: usize) -> Vec<String> {
        (0..n).map(|i| i.to_string()).collect()
    }

    /// What is found where all from `first` on are bad and those of `unknown` can't be asked; and how often it was
    /// asked.
    fn found(n: usize, first: usize, unknown: &[usize]) -> (Vec<usize>, usize) {
        let mut asked = Vec::new();
        let commits = numbered(n);
        let found = first_bad(&commits, |commit| {
            let place = commit.parse::<usize>().unwrap();
            asked.push(place);
            Ok::<_, ()>(match place {
                _ if unknown.contains(&place) => Answer::Unknown,
                _ if place >= first => Answer::Bad,
                _ => Answer::Good,
            })
        });
        let again = asked.iter().collect::<BTreeSet<_>>().len() != asked.len();
        assert!(!again, "one was asked of twice: {asked:?}");
        (found.unwrap().iter().map(|commit| commit.parse().unwrap()).collect(), asked.len())
    }

    #[test]
    fn the_first_bad_one_is_found_in_as_few_steps_as_halving_takes() {
        for n in 1..70_usize {
            for first in 0..n {
                let (found, asked) = found(n, first, &[]);
                assert_eq!(found, [first]);
                assert!(asked <= n.ilog2() as usize + 1, "{n}: {asked}");
            }
        }
        assert_eq!(first_bad(&[], |_| Ok::<_, ()>(Answer::Bad)), Ok(&[][..]));
        assert_eq!(first_bad(&numbered(2), |_| Err("does not build")), Err("does not build"));
    }

    #[test]
    fn unknown_ones_are_skipped_and_named_where_the_first_bad_one_may_be_one_of_them() {
        assert_eq!(found(3, 2, &[1]).0, [1, 2]);
        assert_eq!(found(3, 0, &[1]).0, [0]);
        assert_eq!(found(4, 3, &[0, 1, 2]).0, [0, 1, 2, 3]);
        for n in 1..8_usize {
            for (first, set) in (0..n).flat_map(|first| (0..1_usize << (n - 1)).map(move |set| (first, set))) {
                let unknown: Vec<usize> = (0..n - 1).filter(|place| set >> place & 1 == 1).collect();
                let (found, asked) = found(n, first, &unknown);
                // All that are unknown in a row up to the first that is known as bad.
                let last = (first..n).find(|place| !unknown.contains(place)).unwrap();
                let begin = (0..last).rev().find(|place| *place < first && !unknown.contains(place));
                assert_eq!(found, (begin.map_or(0, |good| good + 1)..=last).collect::<Vec<_>>(), "{n} {unknown:?}");
                assert!(asked < n.max(1), "{n}: {asked}");
            }
        }
    }
}
