//! Runs a program on real bytes, in virtual time.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use supernode_collectives::prove::Order;
use supernode_collectives::{Rank, Shape};
use supernode_fabric::CostModel;
use supernode_units::{DType, ReduceOp, Time};

use super::{Host, RankHandle, Stage};
use crate::error::EmulatorError;
use crate::inputs::mix;
use crate::memory::Output;

/// What a program runs on, and in which order its ranks take their turns.
#[derive(Debug, Clone)]
pub struct Live {
    /// The outline: collective, ranks, chunks of each buffer.
    pub shape: Shape,
    /// Elements of the large buffer.
    pub count: u64,
    /// Element type.
    pub dtype: DType,
    /// Operator; an average is summed up, and divided at the end.
    pub op: ReduceOp,
    /// The machine.
    pub cost: Arc<CostModel>,
    /// Who goes on when several can: the result depends on it only if the program looks at what is
    /// outside of its handle.
    pub order: Order,
    /// Bytes that buffers and messages on their way may take together.
    pub memory_limit: u64,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveReport {
    /// The result of each rank.
    pub outputs: Vec<Output>,
    /// When each rank was done. A port serves messages in the order in which the program awaits them:
    /// exact where a rank has one sender, modelled where several meet at a port.
    pub finish: Vec<Time>,
    /// Messages of all ranks.
    pub messages: u64,
}

impl Live {
    /// Runs `program` for each rank until all are done.
    ///
    /// # Errors
    /// [`EmulatorError::Deadlock`] if no rank can go on, [`EmulatorError::Program`] if one asks for a
    /// rank or a chunk that does not exist, or waits for something else than its handle; inputs,
    /// ranks or memory that do not fit, as for [`crate::Emulator::run`].
    pub fn run<F>(
        self,
        inputs: Vec<Bytes>,
        program: impl Fn(RankHandle) -> F,
    ) -> Result<LiveReport, EmulatorError>
    where
        F: Future<Output = ()>,
    {
        let (ranks, order) = (self.shape.ranks, self.order);
        let stage = Rc::new(RefCell::new(Stage::new(self, inputs)?));
        let host = Host::Live(Rc::clone(&stage));
        let mut tasks: Vec<Option<Pin<Box<F>>>> = (0..ranks)
            .map(|rank| Some(Box::pin(program(RankHandle::new(rank, ranks, &host)))))
            .collect();
        let mut random = match order {
            Order::Fair => None,
            Order::Random(seed) => Some(mix(seed)),
        };
        loop {
            let next = stage.borrow_mut().next(&mut random);
            let Some(rank) = next else { break };
            let Some(task) = &mut tasks[rank as usize] else { continue };
            if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                tasks[rank as usize] = None;
            }
            if let Some(fault) = stage.borrow_mut().fault.take() {
                return Err(fault);
            }
        }
        let blocked: Vec<Rank> =
            (0..).zip(&tasks).filter(|(_, task)| task.is_some()).map(|(rank, _)| rank).collect();
        stage.borrow_mut().finish(&blocked)
    }
}
