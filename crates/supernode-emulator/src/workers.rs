//! The threads that run blocks of ranks.

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

/// Rounds in which a thread looks for the next errand before it goes to sleep: small collectives
/// follow each other faster than a thread wakes.
const IDLE_ROUNDS: u32 = 20_000;

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
            // The thread ends with the sender only; an errand that panicked takes it along.
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
    loop {
        let mut idle = 0;
        let errand = loop {
            match errands.try_recv() {
                Ok(errand) => break Some(errand),
                Err(TryRecvError::Empty) if idle < IDLE_ROUNDS => {
                    idle += 1;
                    std::hint::spin_loop();
                }
                Err(_) => break errands.recv().ok(),
            }
        };
        match errand {
            Some(errand) => errand(runtime),
            None => return,
        }
    }
}
