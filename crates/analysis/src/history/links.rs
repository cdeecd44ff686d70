//! The addresses of commits on the site that holds the repository.

use super::group::RunFacts;

/// The data from which the addresses of commits are made.
#[derive(Clone, Debug, Default)]
pub struct CommitLinks {
    /// The beginning of a commit's address, such as `https://host/owner/repo/commit/`.
    pub commits: Option<String>,
}

impl CommitLinks {
    /// Returns the address of a run's commit, or `None` if none can be made. The commit that a run names may be any
    /// text.
    #[must_use]
    pub fn to(&self, run: &RunFacts) -> Option<String> {
        let is_commit =
            |name: &&str| (7..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = run.commit.as_deref().filter(is_commit)?;
        Some(format!("{}{name}", self.commits.as_deref()?))
    }
}
