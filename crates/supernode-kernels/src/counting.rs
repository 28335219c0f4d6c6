//! An allocator for tests that hold memory against an estimate.

#![allow(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, counting for the whole process. A test binary installs it with
/// `#[global_allocator]`; its tests take turns, since they share the counts.
#[derive(Debug, Default)]
pub struct CountingAllocator {
    allocations: AtomicU64,
    live: AtomicU64,
    peak: AtomicU64,
}

impl CountingAllocator {
    /// Counts of zero.
    pub const fn new() -> Self {
        Self { allocations: AtomicU64::new(0), live: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// Allocations so far.
    pub fn allocations(&self) -> u64 {
        self.allocations.load(Ordering::Relaxed)
    }

    /// Starts a new peak; gives the bytes that are live now.
    pub fn restart(&self) -> u64 {
        let live = self.live.load(Ordering::Relaxed);
        self.peak.store(live, Ordering::Relaxed);
        live
    }

    /// The most bytes that were live at the same time since the restart.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocations.fetch_add(1, Ordering::Relaxed);
        let size = layout.size() as u64;
        let live = self.live.fetch_add(size, Ordering::Relaxed) + size;
        self.peak.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}
