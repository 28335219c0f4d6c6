//! The task of one rank: lets its machine advance, and waits when it cannot.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use bytes::Bytes;
use supernode_collectives::Rank;
use supernode_units::Time;

use crate::error::{EmulatorError, Waiting};
use crate::memory::Output;
use crate::rank::{Machine, Progress, Queues, World};

/// What a rank's task leaves behind.
pub(crate) struct Finished {
    pub(crate) output: Output,
    pub(crate) held: Vec<Bytes>,
    pub(crate) time: Time,
    pub(crate) messages: u64,
    pub(crate) queues: Queues,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) fault: Option<EmulatorError>,
}

pub(crate) async fn run_rank(
    world: Arc<World>,
    mut machine: Machine,
    rank: Rank,
    progress: Option<Arc<AtomicU64>>,
) -> Finished {
    let guard = Guard(Arc::clone(&world));
    let mut shown = 0;
    let (mut waiting, mut fault) = (None, None);
    loop {
        let state = machine.advance(&world);
        if let Some(progress) = &progress {
            let messages = machine.queues.messages();
            progress.fetch_add(messages - shown, Ordering::Relaxed);
            shown = messages;
        }
        match state {
            Progress::Finished => break,
            Progress::Failed => {
                fault = machine.take_fault();
                break;
            }
            Progress::Blocked { needed } => {
                // Others first: what they send meanwhile is then taken in one go. Waiting at once
                // would wake this rank for every single message.
                yield_turn().await;
                let arrived = &mut machine.queues.arrived;
                if !world.mailboxes.wait(rank, needed, arrived).await {
                    waiting = machine.waiting(&world);
                    break;
                }
            }
            Progress::Yield => {
                yield_turn().await;
                world.mailboxes.collect(rank, &mut machine.queues.arrived);
            }
        }
        machine.queues.accept();
    }
    drop(guard);
    let messages = machine.queues.messages();
    let ((output, held), time, queues) = machine.finish(world.schedule.shape().ranks);
    Finished { output, held, time, messages, queues, waiting, fault }
}

/// Tells the others that a rank is done; one that panicked must not keep them waiting for ever.
struct Guard(Arc<World>);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.mailboxes.give_up();
        }
        self.0.mailboxes.finish();
    }
}

/// Goes to the back of the worker's queue. `tokio::task::yield_now` would wait until the queue is
/// empty and the I/O driver was asked, which serves fairness that nobody here needs.
async fn yield_turn() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
