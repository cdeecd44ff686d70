//! A connection that lets other futures run between its reads.
//!
//! hyper keeps reading within one poll as long as there is data and the answer has not begun. A server can delay that
//! beginning for ever with informational answers (RFC 9110, section 15.2), and then no timer runs. tokio's sockets
//! stop this after 128 reads, which takes seconds once hyper's buffer has grown. The sockets of other runtimes never
//! stop it.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// After this many successful reads in a row, other futures get a turn. An answer takes one or two reads.
const MOST_IN_A_ROW: u32 = 16;

/// A connection that sometimes reports that there is nothing to read, although there is.
#[derive(Debug)]
pub(super) struct Paced<Io> {
    io: Io,
    /// How many reads have found data since the last read that found none.
    in_a_row: u32,
}

impl<Io> Paced<Io> {
    pub(super) fn new(io: Io) -> Self {
        Self { io, in_a_row: 0 }
    }
}

impl<Io: Read + Unpin> Read for Paced<Io> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<Result<()>> {
        if self.in_a_row == MOST_IN_A_ROW {
            self.in_a_row = 0;
            // The task is polled again as soon as others have had their turn.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(context, buffer) else {
            self.in_a_row = 0;
            return Poll::Pending;
        };
        self.in_a_row += 1;
        Poll::Ready(read)
    }
}

impl<Io: Write + Unpin> Write for Paced<Io> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }
}
