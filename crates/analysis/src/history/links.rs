//! The addresses of commits on the site that holds the repository.

use super::group::RunFacts;

/// What makes the address of a commit.
#[derive(Clone, Debug, Default)]
pub struct CommitLinks {
    /// What a commit's address begins with, such as `https://host/owner/repo/commit/`.
    pub commits: Option<String>,
}

impl CommitLinks {
    /// The address of a run's commit, where one can be made: what a run calls its commit may be any text.
    #[must_use]
    pub fn to(&self, run: &RunFacts) -> Option<String> {
        let is_commit =
            |name: &&str| (7..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = run.commit.as_deref().filter(is_commit)?;
        Some(format!("{}{name}", self.commits.as_deref()?))
    }
}
