//! A library's choice as a schedule on a cost model, so that engines and the emulator can run it.
//!
//! The fabric that is built holds the choice at one size: a level's latency is the synchronisation
//! of the library's step and its bandwidth the payload rate, so that a step of the schedule costs
//! what the library's step costs. All channels go as one, at the rate of all together.
//!
//! | choice | schedule | where they differ |
//! |---|---|---|
//! | Ring | ring | nothing |
//! | NVLS | in-switch | slices of half a mebibyte instead of the library's chunks |
//! | Tree | double binary tree over all ranks | the library has a chain in each node: more hops, fewer ways out of the node |
//! | `NVLSTree` | hierarchical: in-switch within, direct between nodes | levels follow one another, the library's overlap |
//!
//! The other choices have no schedule here; [`crate::Communicator::time`] prices them.

mod parts;
mod ring;
mod switch;
mod tree;

use supernode_collectives::{self as collectives, Collective, Tuning};
use supernode_fabric::CostModel;

use crate::communicator::Communicator;
use crate::nccl::{Algorithm, Call, Choice};
use crate::{Function, Launched, LibraryError};
use parts::Microseconds;

/// A schedule and what its steps cost.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The algorithm.
    pub algorithm: collectives::Algorithm,
    /// How it is cut.
    pub tuning: Tuning,
    /// The machine as the library's steps find it at this size.
    pub cost: CostModel,
}

/// What is scheduled: `count` elements of `width` bytes in the large buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    communicator: &'a Communicator,
    collective: Collective,
    count: u64,
    width: u64,
    choice: &'a Choice,
    time: Microseconds,
}

impl Communicator {
    /// The schedule of `choice` for `call`, and a cost model on which it takes what the library's
    /// steps take.
    ///
    /// # Errors
    /// [`LibraryError::Unscheduled`] for sends and receives, PAT and `CollNet`, for rooted calls, for
    /// nodes of one rank, and where the costs leave what a fabric can be.
    pub fn schedule(
        &self,
        call: &Call,
        choice: &Choice,
        launched: Launched,
    ) -> Result<Scheduled, LibraryError> {
        let unscheduled = || LibraryError::Unscheduled { choice: choice.name() };
        let collective = match call.function {
            Function::AllReduce => Collective::AllReduce,
            Function::ReduceScatter => Collective::ReduceScatter,
            Function::AllGather => Collective::AllGather,
            _ => return Err(unscheduled()),
        };
        // Every step of such nodes goes over the network, whose steps are of another kind.
        if self.tuner.machine.ranks_per_node == 1 {
            return Err(unscheduled());
        }
        let width = call.element.bytes();
        let work = Work {
            communicator: self,
            collective,
            count: call.bytes.div_ceil(width),
            width,
            choice,
            time: Microseconds::of(self, call, choice, launched),
        };
        match choice.algorithm {
            Some(Algorithm::Ring) => ring::schedule(&work),
            Some(Algorithm::Tree) => tree::schedule(&work),
            Some(Algorithm::Nvls) => switch::nvls(&work),
            Some(Algorithm::NvlsTree) => switch::nvls_tree(&work),
            _ => Err(unscheduled()),
        }
    }
}
