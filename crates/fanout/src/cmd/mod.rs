//! The verbs. Each file has the `Arguments` of one, and a `run` that tells its story.

pub(crate) mod fetch;
pub(crate) mod models;
pub(crate) mod record;
