//! A block of consecutive ranks: one thread runs their tasks.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use supernode_collectives::Rank;
use supernode_units::Time;
use tracing::{Instrument, Span};

use crate::error::{EmulatorError, Waiting};
use crate::memory::Output;
use crate::post::Post;
use crate::rank::{Machine, World};
use crate::settle::settle;
use crate::task::{run_rank, yield_turn};
use crate::workers::Patience;

/// What the tasks of a block look at.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    post: Mutex<Post>,
}

impl Site {
    pub(crate) fn post(&self) -> MutexGuard<'_, Post> {
        // A poisoned lock means that another rank's task panicked; its message is the one to show.
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machines and inboxes of a block; kept from run to run.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "machines move into their tasks and back")]
pub(crate) struct Block {
    machines: Vec<Box<Machine>>,
    post: Post,
}

/// What the ranks of a block leave behind.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) finish: Vec<Time>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) messages: u64,
    pub(crate) blocked: Vec<Waiting>,
    pub(crate) fault: Option<EmulatorError>,
}

impl Block {
    /// Runs the `ranks` ranks from `first` on, into `outputs` of an earlier run where they fit.
    pub(crate) async fn run(
        &mut self,
        world: Arc<World>,
        (block, first, ranks): (usize, Rank, usize),
        outputs: Vec<Output>,
        span: Span,
    ) -> Part {
        let mut post = std::mem::take(&mut self.post);
        post.reset(first, ranks, &world.offices);
        self.machines.resize_with(ranks, Box::default);
        let site = Arc::new(Site { world, post: Mutex::new(post) });
        let mut outputs = outputs.into_iter();
        let tasks: Vec<_> = (first..)
            .zip(self.machines.drain(..))
            .map(|(rank, mut machine)| {
                machine.reset(&site.world, rank, outputs.next());
                tokio::spawn(run_rank(Arc::clone(&site), machine).instrument(span.clone()))
            })
            .collect();
        site.deliver(block).await;

        let mut part = Part::default();
        let mut held = Vec::with_capacity(ranks);
        for task in tasks {
            match task.await {
                Ok((mut machine, waiting)) => {
                    let (output, chunks) = machine.take_output(&site.world);
                    part.finish.push(machine.now());
                    part.outputs.push(output);
                    held.push(chunks);
                    part.messages += machine.messages();
                    part.blocked.extend(waiting);
                    part.fault = part.fault.or(machine.take_fault());
                    self.machines.push(machine);
                }
                Err(error) => part.fault = Some(EmulatorError::Panic(error.to_string())),
            }
        }
        if part.fault.is_none() && part.blocked.is_empty() {
            settle(&site.world.chunks, first, &mut part.outputs, &held);
        }
        if let Some(site) = Arc::into_inner(site) {
            self.post = site.post.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        part
    }
}

impl Site {
    /// Hands out the mail of `block` until all its ranks are done.
    async fn deliver(&self, block: usize) {
        let offices = &self.world.offices;
        let mut patience = Patience::default();
        loop {
            let (is_idle, is_finished) = {
                let mut post = self.post();
                post.receive(offices, block);
                if offices.given_up() && post.is_idle() {
                    post.give_up();
                }
                (post.is_idle(), post.is_finished())
            };
            if is_finished {
                return offices.finish();
            }
            if !is_idle {
                patience = Patience::default();
                yield_turn().await;
                continue;
            }
            while patience.is_left() && !offices.has_mail(block) {}
            if !offices.has_mail(block) {
                poll_fn(|context| offices.poll_wait(block, context.waker())).await;
            }
        }
    }
}
