//! The first commit that made it slower, among many.

/// Finds the first of `commits` that is `bad`, given that the last is; asks of as few as a bisection needs. `None` of none.
///
/// # Errors
/// Where `bad` has no answer.
pub fn first_bad<E>(commits: &[String], mut bad: impl FnMut(&str) -> Result<bool, E>) -> Result<Option<&String>, E> {
    // The first that is bad lies in low..=high.
    let (mut low, mut high) = (0, commits.len().saturating_sub(1));
    while low < high {
        let middle = usize::midpoint(low, high);
        if bad(&commits[middle])? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(commits.get(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_one_is_found_in_as_few_steps_as_halving_takes() {
        for n in 1..70_usize {
            let commits: Vec<String> = (0..n).map(|i| i.to_string()).collect();
            for first in 0..n {
                let mut asked = 0;
                let found = first_bad(&commits, |commit| {
                    asked += 1;
                    Ok::<_, ()>(commit.parse::<usize>().unwrap() >= first)
                });
                assert_eq!(found.unwrap().unwrap(), &first.to_string());
                assert!(asked <= n.ilog2() + 1, "{n}: {asked}");
            }
        }
        assert_eq!(first_bad(&[], |_| Ok::<_, ()>(true)), Ok(None));
        assert_eq!(first_bad(&["a".into(), "b".into()], |_| Err("does not build")), Err("does not build"));
    }
}
