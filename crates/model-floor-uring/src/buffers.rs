//! The buffers that the kernel receives into: a ring of them that is shared with it
//! (`io_uring_register_buf_ring(3)`). The kernel takes the next buffer when something arrives, and the program gives
//! it back when it has read it.
#![expect(unsafe_code, reason = "the kernel writes to this memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// The size of a buffer, in bytes. Most answers fit into one; a long one takes several.
const SIZE: usize = 32 * 1024;

/// The kernel requires that the ring begins at a page.
const PAGE: usize = 4096;

/// The number by which operations name these buffers. There is no other group.
pub(crate) const GROUP: u16 = 0;

/// Buffers that the kernel and the program pass to each other.
pub(crate) struct Buffers {
    entries: NonNull<BufRingEntry>,
    memory: NonNull<u8>,
    count: u16,
    /// The place in the ring where the next buffer is given back. It wraps around.
    tail: u16,
}

// SAFETY: the memory belongs to this value alone, as if the pointers were boxes.
unsafe impl Send for Buffers {}

/// What has arrived in a buffer. The kernel does not write to it until it is given back.
pub(crate) struct Part {
    buffer: u16,
    length: usize,
}

impl Buffers {
    /// Makes at least so many buffers, and registers them with the ring.
    ///
    /// # Safety
    /// The ring must have been dropped, and none of its operations may be running, before this value is dropped.
    pub(crate) unsafe fn register(ring: &IoUring, count: usize) -> io::Result<Self> {
        let count = count.clamp(16, 256).next_power_of_two() as u16;
        let (entries, memory) = (allocate(entries(count)), allocate(memory(count)));
        let mut buffers = Self { entries: entries.cast(), memory, count, tail: 0 };
        let address = entries.as_ptr() as u64;
        // SAFETY: the memory has room for `count` entries, begins at a page, and lives until this value is dropped,
        // which is after the ring, as the caller promises.
        unsafe { ring.submitter().register_buf_ring_with_flags(address, count, GROUP, 0) }?;
        (0..count).for_each(|buffer| buffers.publish(buffer));
        Ok(buffers)
    }

    /// Notes what a completion says has arrived. `None` if there is no such buffer.
    pub(crate) fn arrived(&self, buffer: u16, length: usize) -> Option<Part> {
        (buffer < self.count && length <= SIZE).then_some(Part { buffer, length })
    }

    /// Returns what has arrived.
    pub(crate) fn bytes(&self, part: &Part) -> &[u8] {
        // SAFETY: `arrived` has checked that the buffer is inside the memory and that the length is inside the
        // buffer. A part exists only between its completion and `give_back`, and meanwhile the kernel does not write
        // to its buffer. The memory was zeroed when it was allocated.
        unsafe { slice::from_raw_parts(self.memory.as_ptr().add(usize::from(part.buffer) * SIZE), part.length) }
    }

    /// Lets the kernel use the buffer of this part again.
    pub(crate) fn give_back(&mut self, part: Part) {
        self.publish(part.buffer);
    }

    fn publish(&mut self, buffer: u16) {
        let place = usize::from(self.tail & (self.count - 1));
        // SAFETY: `place` is less than `count`, a power of two, so that the entry is inside the memory. The kernel
        // reads an entry only after the tail has passed it. The fields are written one by one, because the last one
        // of the first entry is the tail.
        unsafe {
            let entry = &mut *self.entries.as_ptr().add(place);
            entry.set_addr(self.memory.as_ptr().add(usize::from(buffer) * SIZE) as u64);
            entry.set_len(SIZE as u32);
            entry.set_bid(buffer);
        }
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the pointer is that of the tail, an aligned u16 inside the memory, which the kernel reads only.
        let tail = unsafe { &*BufRingEntry::tail(self.entries.as_ptr()).cast::<AtomicU16>() };
        // What was written to the entry is visible before the tail is.
        tail.store(self.tail, Ordering::Release);
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: both were allocated with these layouts, and the kernel uses them no more, as the caller of
        // `register` has promised.
        unsafe {
            dealloc(self.entries.as_ptr().cast(), entries(self.count));
            dealloc(self.memory.as_ptr(), memory(self.count));
        }
    }
}

fn entries(count: u16) -> Layout {
    pages(usize::from(count) * size_of::<BufRingEntry>())
}

fn memory(count: u16) -> Layout {
    pages(usize::from(count) * SIZE)
}

fn pages(size: usize) -> Layout {
    Layout::from_size_align(size, PAGE).expect("256 buffers are far fewer bytes than a layout can have")
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: there is one buffer at least, so that the size is not zero.
    let memory = unsafe { alloc_zeroed(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}
