//! The ring, its sockets, and the operations on them. Outside of this file, nothing can lend memory to the kernel and
//! free it too early.
//!
//! An operation that was handed to the kernel ends with a completion, and `Ring` counts them: `pending` of a slot,
//! and of all. Until then, what the operation points to stays where it is: the address of a connection and the
//! request that is sent are held by the slot, and a slot is used again only when nothing is pending on it. `ending`
//! says what happens on drop.
#![expect(unsafe_code, reason = "io_uring takes pointers")]

use std::io;
use std::mem::ManuallyDrop;
use std::net::{Shutdown, SocketAddr};
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use io_uring::types::{Fd, Fixed, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use model_floor::exchange::Exchange;
use nix::sys::resource::{Resource, getrlimit};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::buffers::{Buffers, GROUP, Part};

mod ending;
#[cfg(test)]
mod tests;

/// A request of at most this many bytes is sent at once, without waiting for the server to read.
const SHORT: usize = 16 * 1024;

/// Error numbers of Linux that `io::ErrorKind` does not name.
const ETIME: i32 = 62;
const ENOBUFS: i32 = 105;

/// A place for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(usize);

/// What became of an operation.
pub(crate) enum Event {
    /// The connection is open, or cannot be opened.
    Connected(io::Result<()>),
    /// So many bytes were sent.
    Sent(io::Result<usize>),
    /// Something has arrived.
    Arrived(Part),
    /// Nothing more will arrive: the server ended the connection, or it broke.
    Ended(io::Result<()>),
}

/// The kind of an operation; the last two bits of its number.
#[derive(Clone, Copy)]
enum Kind {
    Connect,
    Send,
    Receive,
}

#[derive(Default)]
struct Slot {
    /// The lane that uses the connection; `None` once the lane has closed it.
    lane: Option<usize>,
    socket: Option<Socket>,
    /// Where a connect operation reads the address.
    address: Option<Box<SockAddr>>,
    /// Where a send operation reads the request.
    sending: Option<Arc<Exchange>>,
    /// How many operations have not ended.
    pending: usize,
}

/// A ring with its sockets. All of its work must be done on the thread that made it.
pub(crate) struct Ring {
    ring: ManuallyDrop<IoUring>,
    buffers: ManuallyDrop<Buffers>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// How many sockets can be registered with the ring. Any more are used by their descriptors.
    registered: usize,
    /// How many operations have not ended.
    pending: usize,
    /// How many short requests were queued since the last wait. The kernel sends them at once, so that their
    /// completions are no reason to stop waiting.
    short: usize,
}

impl Ring {
    /// Makes a ring for so many lanes.
    pub(crate) fn new(lanes: NonZeroUsize) -> io::Result<Self> {
        let entries = (2 * lanes.get()).clamp(8, 4096).next_power_of_two() as u32;
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_submit_all()
            .setup_clamp()
            .setup_cqsize(4 * entries)
            .dontfork()
            .build(entries)?;
        // The kernel registers no more than a process may have open (io_uring_register(2), EMFILE).
        let (open, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let registered = usize::try_from(open).map_or(2 * lanes.get(), |open| open.min(2 * lanes.get()));
        ring.submitter().register_files_sparse(registered as u32)?;
        // SAFETY: `ending` drops the ring before the buffers, when none of its operations is left.
        let buffers = ManuallyDrop::new(unsafe { Buffers::register(&ring, lanes.get()) }?);
        let ring = ManuallyDrop::new(ring);
        Ok(Self { ring, buffers, slots: Vec::new(), free: Vec::new(), registered, pending: 0, short: 0 })
    }

    /// Begins to open a connection for a lane.
    pub(crate) fn connect(&mut self, lane: usize, address: SocketAddr) -> io::Result<Place> {
        // It blocks, because the operations of a socket that does not block would not wait either.
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_tcp_nodelay(true)?;
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        if at < self.registered
            && let Err(error) = self.ring.submitter().register_files_update(at as u32, &[socket.as_raw_fd()])
        {
            self.free.push(at);
            return Err(error);
        }
        let slot = &mut self.slots[at];
        *slot = Slot { lane: Some(lane), socket: Some(socket), ..Slot::default() };
        let address = slot.address.insert(Box::new(address.into()));
        let (pointer, length) = (address.as_ptr().cast(), address.len());
        let entry = match self.target(at) {
            Target::Registered(fixed) => opcode::Connect::new(fixed, pointer, length).build(),
            Target::Descriptor(fd) => opcode::Connect::new(fd, pointer, length).build(),
        };
        // SAFETY: the slot owns the address until the operation has ended.
        unsafe { self.push(at, Kind::Connect, entry) }.map(|()| Place(at))
    }

    /// Sends a request, from this byte on. The send before must have ended.
    pub(crate) fn send(&mut self, Place(at): Place, exchange: &Arc<Exchange>, from: usize) -> io::Result<()> {
        let slot = &mut self.slots[at];
        if slot.sending.is_some() {
            return Err(io::Error::other("a request is being sent on this connection"));
        }
        let exchange = Arc::clone(slot.sending.insert(Arc::clone(exchange)));
        let rest = exchange.bytes.get(from..).unwrap_or_default();
        self.short += usize::from(rest.len() <= SHORT);
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let entry = match self.target(at) {
            Target::Registered(fixed) => opcode::Send::new(fixed, rest.as_ptr(), length).build(),
            Target::Descriptor(fd) => opcode::Send::new(fd, rest.as_ptr(), length).build(),
        };
        // SAFETY: the slot shares the ownership of the request, whose bytes nobody can change, until the operation
        // has ended.
        unsafe { self.push(at, Kind::Send, entry) }
    }

    /// Receives whatever arrives, until the connection ends.
    pub(crate) fn receive(&mut self, Place(at): Place) -> io::Result<()> {
        let entry = match self.target(at) {
            Target::Registered(fixed) => opcode::RecvMulti::new(fixed, GROUP).build(),
            Target::Descriptor(fd) => opcode::RecvMulti::new(fd, GROUP).build(),
        };
        // SAFETY: it points to no memory. The kernel takes a buffer from those that are registered.
        unsafe { self.push(at, Kind::Receive, entry) }
    }

    /// Closes a connection. The lane hears no more of it.
    pub(crate) fn close(&mut self, Place(at): Place) {
        let slot = &mut self.slots[at];
        slot.lane = None;
        if slot.pending == 0 {
            self.release(at);
        } else if let Some(socket) = &slot.socket {
            // This ends the operations. It fails if the connection has ended already, and then they end as well.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Hands over what is queued, and waits until something has happened, at most for `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        let limit = Timespec::from(limit);
        let wanted = 1 + std::mem::take(&mut self.short);
        let submitted = self.ring.submitter().submit_with_args(wanted, &SubmitArgs::new().timespec(&limit));
        harmless(submitted)
    }

    /// Lets the kernel report what has happened since the last wait, without waiting.
    pub(crate) fn look(&mut self) -> io::Result<()> {
        if self.ring.submission().taskrun() { harmless(self.ring.submit()) } else { Ok(()) }
    }

    /// Returns the next thing that has happened, with its lane.
    pub(crate) fn next(&mut self) -> io::Result<Option<(usize, Event)>> {
        loop {
            let Some(completion) = self.ring.completion().next() else { return Ok(None) };
            if let Some(event) = self.complete(&completion)? {
                return Ok(Some(event));
            }
        }
    }

    /// Returns what has arrived.
    pub(crate) fn bytes(&self, part: &Part) -> &[u8] {
        self.buffers.bytes(part)
    }

    /// Gives back the memory of what was read.
    pub(crate) fn give_back(&mut self, part: Part) {
        self.buffers.give_back(part);
    }

    /// Reads a completion. Returns nothing if no lane has to know of it.
    fn complete(&mut self, completion: &cqueue::Entry) -> io::Result<Option<(usize, Event)>> {
        let (at, kind) = ((completion.user_data() >> 2) as usize, completion.user_data() & 3);
        let result = match completion.result() {
            error if error < 0 => Err(io::Error::from_raw_os_error(-error)),
            count => Ok(count as usize),
        };
        let goes_on = cqueue::more(completion.flags());
        let slot = &mut self.slots[at];
        if !goes_on {
            slot.pending -= 1;
            self.pending -= 1;
        }
        let event = if kind == Kind::Connect as u64 {
            Event::Connected(result.map(drop))
        } else if kind == Kind::Send as u64 {
            slot.sending = None;
            Event::Sent(result)
        } else {
            let buffer = cqueue::buffer_select(completion.flags());
            match (result, buffer) {
                (Ok(length), Some(buffer)) if length > 0 => {
                    let part = self.buffers.arrived(buffer, length);
                    Event::Arrived(
                        part.ok_or_else(|| io::Error::other("the kernel named a buffer that is not here"))?,
                    )
                }
                (Ok(_), buffer) => {
                    if let Some(part) = buffer.and_then(|buffer| self.buffers.arrived(buffer, 0)) {
                        self.give_back(part);
                    }
                    Event::Ended(Ok(()))
                }
                // All buffers were in use. They are given back before the operation that is queued here begins.
                (Err(error), _) if error.raw_os_error() == Some(ENOBUFS) => {
                    if self.slots[at].lane.is_some() && !goes_on {
                        self.receive(Place(at))?;
                    }
                    self.release_if_closed(at);
                    return Ok(None);
                }
                (Err(error), _) => Event::Ended(Err(error)),
            }
        };
        match (self.slots[at].lane, event) {
            (Some(lane), event) => {
                // The kernel may end the operation although the connection goes on.
                if matches!(event, Event::Arrived(_)) && !goes_on {
                    self.receive(Place(at))?;
                }
                return Ok(Some((lane, event)));
            }
            (None, Event::Arrived(part)) => self.give_back(part),
            (None, _) => {}
        }
        self.release_if_closed(at);
        Ok(None)
    }

    fn release_if_closed(&mut self, at: usize) {
        let slot = &self.slots[at];
        if slot.lane.is_none() && slot.pending == 0 {
            self.release(at);
        }
    }

    /// Closes the socket of a slot on which nothing is pending, so that the slot can be used again.
    fn release(&mut self, at: usize) {
        if self.slots[at].socket.take().is_some() {
            if at < self.registered {
                // It fails only for a place that does not exist.
                let _ = self.ring.submitter().register_files_update(at as u32, &[-1]);
            }
            self.free.push(at);
        }
    }

    fn target(&self, at: usize) -> Target {
        let slot = &self.slots[at];
        match &slot.socket {
            Some(socket) if at >= self.registered => Target::Descriptor(Fd(socket.as_raw_fd())),
            _ => Target::Registered(Fixed(at as u32)),
        }
    }

    /// Queues an operation. If the queue is full, it is handed over first.
    ///
    /// # Safety
    /// What the entry points to must stay valid until the operation has ended.
    unsafe fn push(&mut self, at: usize, kind: Kind, entry: squeue::Entry) -> io::Result<()> {
        let entry = entry.user_data(((at as u64) << 2) | kind as u64);
        // SAFETY: the caller promises it.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit()?;
            // The short sends that were queued may have ended when the next wait begins.
            self.short = 0;
        }
        self.slots[at].pending += 1;
        self.pending += 1;
        Ok(())
    }
}

/// How an operation names its socket.
enum Target {
    Registered(Fixed),
    Descriptor(Fd),
}

/// Some errors of a wait only say that it ended early.
fn harmless(waited: io::Result<usize>) -> io::Result<()> {
    match waited {
        Ok(_) => Ok(()),
        Err(error) if error.raw_os_error() == Some(ETIME) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ResourceBusy) => Ok(()),
        Err(error) => Err(error),
    }
}
