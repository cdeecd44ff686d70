//! Carries packets between two TUN devices, each in a namespace of its own: a thread for each direction, which keeps
//! every packet for as long as the link says.

mod pipe;
mod wait;

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use tun_rs::{DeviceBuilder, SyncDevice};

use crate::counts::{Counting, Counts};
use crate::error::LabError;
use crate::link::{DEVICE, LARGEST_PACKET, Link};
use crate::namespace::Namespace;
use crate::needs;

use pipe::{Fate, Pipe};
use wait::Wait;

/// The packets that the kernel keeps for a thread that has no processor at the moment. A larger burst is lost.
const KEPT: u32 = 10_000;

/// After so many packets, a thread looks whether a packet has arrived meanwhile.
const AT_ONCE: usize = 32;

/// A link that this process carries. It ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    /// To the server, and to the client.
    directions: Vec<Running>,
}

/// A direction that a thread carries.
#[derive(Debug)]
struct Running {
    counting: Arc<Counting>,
    /// Dropping it ends the thread.
    end: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Makes a device in each namespace, and begins to carry packets between the two.
    pub(crate) fn start(link: &Link, client: &Namespace, server: &Namespace) -> Result<Self, LabError> {
        needs::tun()?;
        let at_client = Arc::new(device(client, server)?);
        let at_server = Arc::new(device(server, client)?);
        let directions = [(&at_client, &at_server), (&at_server, &at_client)];
        let mut relay = Self { directions: Vec::new() };
        for (number, (from, to)) in (0..).zip(directions) {
            let (end, ended) = UnixStream::pair().map_err(|error| LabError::system("open a socket", error))?;
            let mut direction = Direction {
                from: Arc::clone(from),
                to: Arc::clone(to),
                pipe: Pipe::new(link, number),
                counting: Arc::default(),
                wait: Wait::new(ended).map_err(|error| LabError::system("make a timer", error))?,
            };
            let counting = Arc::clone(&direction.counting);
            // It ends with an error where a device is gone: somebody else removed the namespace.
            let carry = move || drop(direction.carry());
            let thread = Builder::new().name(format!("netlab-{number}")).spawn(carry);
            let thread = thread.map_err(|error| LabError::system("start a thread", error))?;
            relay.directions.push(Running { counting, end: Some(end), thread: Some(thread) });
        }
        Ok(relay)
    }

    pub(crate) fn counts(&self) -> Counts {
        let so_far = |number: usize| self.directions.get(number).map(|direction| direction.counting.so_far());
        Counts { to_server: so_far(0).unwrap_or_default(), to_client: so_far(1).unwrap_or_default() }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for direction in &mut self.directions {
            drop(direction.end.take());
            // The threads panic nowhere.
            let _ = direction.thread.take().map(JoinHandle::join);
        }
    }
}

/// Makes the device of a namespace. It needs no neighbour discovery: what is not for this address goes to the peer.
fn device(namespace: &Namespace, peer: &Namespace) -> Result<SyncDevice, LabError> {
    namespace.within("make a TUN device", || {
        let device = DeviceBuilder::new()
            .name(DEVICE)
            .mtu(LARGEST_PACKET as u16)
            .tx_queue_len(KEPT)
            .ipv4(namespace.address(), 32, Some(peer.address()))
            .build_sync()?;
        device.set_nonblocking(true)?;
        Ok(device)
    })
}

/// One direction while it is at work.
struct Direction {
    from: Arc<SyncDevice>,
    to: Arc<SyncDevice>,
    pipe: Pipe,
    counting: Arc<Counting>,
    wait: Wait,
}

impl Direction {
    /// Carries packets until the relay ends, or until a device is gone.
    fn carry(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let has_more = self.take(&mut buffer)?;
            while let Some((arrives, packet)) = self.pipe.arrived(Instant::now()) {
                self.give(&packet, arrives)?;
            }
            if !has_more && self.wait.until(self.pipe.next(), &self.from)? {
                return Ok(());
            }
        }
    }

    /// Takes packets that were sent. Returns whether there may be more.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        for _ in 0..AT_ONCE {
            let length = match self.from.recv(buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let packet = &buffer[..length];
            // A packet of IPv6 is nobody's in a lab, and must not count as one.
            if packet.first().is_none_or(|first| first >> 4 != 4) {
                continue;
            }
            match self.pipe.take(packet, Instant::now()) {
                Fate::Arrives => {}
                Fate::Lost => self.counting.lost(),
                Fate::Dropped => self.counting.dropped(),
            }
        }
        Ok(true)
    }

    fn give(&self, packet: &[u8], arrives: Instant) -> io::Result<()> {
        match self.to.send(packet) {
            Ok(_) => self.counting.arrived(packet.len(), arrives.elapsed()),
            // The kernel has no memory for it at the moment.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::OutOfMemory) => {
                self.counting.dropped();
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
