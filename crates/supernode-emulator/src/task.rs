//! The task of one rank: lets its machine advance, and waits when it cannot.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::block::Site;
use crate::error::Waiting;
use crate::rank::{Machine, Progress};

/// Runs the program of a rank; gives the machine back, and what it waits for if that never comes.
pub(crate) async fn run_rank(
    site: Arc<Site>,
    mut machine: Box<Machine>,
) -> (Box<Machine>, Option<Waiting>) {
    let _guard = Guard(&site);
    let mut shown = 0;
    let waiting = loop {
        let state = machine.advance(&site.world, &mut site.post());
        if let Some(progress) = &site.world.progress {
            let sent = machine.messages();
            progress.fetch_add(sent - shown, std::sync::atomic::Ordering::Relaxed);
            shown = sent;
        }
        match state {
            Progress::Finished | Progress::Failed => break None,
            Progress::Yield => yield_turn().await,
            Progress::Blocked { needed } => {
                // Others first: what they send meanwhile is then taken in one go. Waiting at once
                // would wake this rank for every single message.
                yield_turn().await;
                let rank = machine.rank();
                let wait = poll_fn(|context| site.post().poll_wait(rank, needed, context.waker()));
                if !wait.await {
                    break machine.waiting(&site.world);
                }
            }
        }
    };
    (machine, waiting)
}

/// Tells the others that a rank is done; one that panicked must not keep them waiting for ever.
struct Guard<'a>(&'a Site);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let mut post = self.0.post();
        post.finish();
        if std::thread::panicking() {
            post.give_up();
            self.0.world.offices.give_up();
        }
    }
}

/// Goes to the back of the worker's queue. `tokio::task::yield_now` would wait until the queue is
/// empty and the I/O driver was asked, which serves fairness that nobody here needs.
pub(crate) async fn yield_turn() {
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
