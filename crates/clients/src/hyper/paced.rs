//! A connection that lets others have their turn.
//!
//! hyper goes on reading within one poll for as long as there is something to read and the answer has not begun,
//! which informational answers (RFC 9110, section 15.2) can put off for ever. Then no timer gets its turn. tokio's
//! sockets stop this after 128 reads, which is seconds where hyper's buffer has grown; those of other runtimes never
//! do.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// So many reads in a row find something before others have their turn. An answer takes one or two.
const MOST_IN_A_ROW: u32 = 16;

/// A connection that pretends to have nothing to read now and then.
#[derive(Debug)]
pub(super) struct Paced<Io> {
    io: Io,
    /// How many reads have found something since one found nothing.
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
            // It is asked again at once, when others have had their turn.
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
