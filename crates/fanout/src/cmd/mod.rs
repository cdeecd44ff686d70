//! The verbs. Each file has the `Arguments` of one, and a `run` that tells its story.

pub(crate) mod fetch;
pub(crate) mod models;
pub(crate) mod record;

/// Whether somebody closed the pipe that we write to, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
