//! In which order receive ports serve.

use supernode_collectives::{Ports, Shape};
use supernode_fabric::CostModel;

/// Whether the ports of a schedule of this shape serve in program order on `cost`, so that times
/// follow from the messages alone.
///
/// Schedules in step do so where all pairs of ranks are alike and nobody is late: then all ranks end
/// a step at the same time, and no message of the next one can be at a port before.
pub fn in_program_order(shape: &Shape, cost: &CostModel) -> bool {
    match shape.ports {
        Ports::Fixed => true,
        Ports::InStep => cost.noise.is_none() && cost.fabric.is_uniform(),
        Ports::Contended => false,
    }
}
