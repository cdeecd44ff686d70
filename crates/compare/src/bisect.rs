//! Finds the first commit that made something slower, among many.

use std::collections::BTreeSet;

/// What is known about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Neither this commit nor one before it is the first bad one.
    Good,
    /// The commit is bad.
    Bad,
    /// The commit can't be asked about, and is skipped as `git bisect skip` does.
    Unknown,
}

/// Finds the first bad one of `commits`, of which the last must be bad. It returns the commits among which the first
/// bad one is: the first that is known to be bad, and all unknown ones in a row right before it. It returns none if
/// there are no commits. It asks about as few commits as a bisection needs, and about a neighbour if one is unknown.
///
/// # Errors
/// If `asked` fails.
pub fn first_bad<E>(commits: &[String], mut asked: impl FnMut(&str) -> Result<Answer, E>) -> Result<&[String], E> {
    // The first bad commit lies in low..=high.
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

    /// Returns what is found if all commits from `first` on are bad and those in `unknown` can't be asked about, and
    /// about how many commits `first_bad` asked.
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
                // These are the first that is known to be bad, and all unknown ones in a row before it.
                let last = (first..n).find(|place| !unknown.contains(place)).unwrap();
                let begin = (0..last).rev().find(|place| *place < first && !unknown.contains(place));
                assert_eq!(found, (begin.map_or(0, |good| good + 1)..=last).collect::<Vec<_>>(), "{n} {unknown:?}");
                assert!(asked < n.max(1), "{n}: {asked}");
            }
        }
    }
}
