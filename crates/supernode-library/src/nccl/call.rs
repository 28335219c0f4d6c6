use supernode_units::{MessageSize, ReduceOp};

use crate::{Element, Function};

/// One call of the library, or several of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub function: Function,
    /// Bytes: of a rank's buffer for all-reduce, broadcast and reduce, of the large buffer (ranks x
    /// block) for reduce-scatter, all-gather and all-to-all, of the message for send-recv.
    pub bytes: u64,
    /// Type of the elements.
    pub element: Element,
    /// What is computed of them.
    pub op: ReduceOp,
    /// Calls that the group aggregates.
    pub ops: u32,
}

impl Call {
    /// One call of binary32 sums.
    pub fn new(function: Function, size: MessageSize) -> Self {
        Self { function, bytes: size.bytes(), element: Element::F32, op: ReduceOp::Sum, ops: 1 }
    }
}
