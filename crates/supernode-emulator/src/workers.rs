//! The threads that run blocks of ranks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};

/// Runs a block on the thread's runtime.
type Errand = Box<dyn FnOnce(&Runtime) + Send>;

/// A thread with a runtime of its own, for as long as the emulator lives.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Gone when the thread is to end.
    errands: Option<Sender<Errand>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().build()?;
        let (errands, received) = channel();
        let thread = std::thread::Builder::new()
            .name("supernode-worker".into())
            .spawn(move || serve(&runtime, &received))?;
        Ok(Self { errands: Some(errands), thread: Some(thread) })
    }

    /// Has `errand` run after those before it.
    pub(crate) fn send(&self, errand: impl FnOnce(&Runtime) + Send + 'static) {
        if let Some(errands) = &self.errands {
            // The thread ends with the sender only.
            let _ = errands.send(Box::new(errand));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.errands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(runtime: &Runtime, errands: &Receiver<Errand>) {
    while let Some(errand) = receive(errands) {
        // Who waits for its result learns that there is none; the thread is good for the next one.
        let _ = catch_unwind(AssertUnwindSafe(|| errand(runtime)));
    }
}

/// What is sent next; none if nobody is left to send.
pub(crate) fn receive<T>(channel: &Receiver<T>) -> Option<T> {
    let mut patience = Patience::default();
    loop {
        match channel.try_recv() {
            Ok(value) => return Some(value),
            Err(TryRecvError::Empty) if patience.is_left() => {}
            Err(TryRecvError::Empty) => return channel.recv().ok(),
            Err(TryRecvError::Disconnected) => return None,
        }
    }
}

/// How long a thread looks for what it waits for before it goes to sleep. What blocks of small
/// collectives send each other, and the next collective, comes sooner than a thread wakes.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    rounds: u32,
}

impl Patience {
    /// Passes a moment, and other threads of the host their turn; gives false at the end.
    pub(crate) fn is_left(&mut self) -> bool {
        self.rounds += 1;
        if self.rounds.is_multiple_of(32) {
            std::thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
        self.rounds < 4_096
    }
}
