//! GOAL schedules of well-known all-reduces, as `schedgen` writes them with each receive after the
//! one before.

use supernode_interop::goal::{Goal, GoalBuilder, Op, OpId};

/// Ring all-reduce with chunks of that many bytes.
///
/// # Panics
/// If there are more operations than can be numbered.
pub fn ring(ranks: u32, chunk: u64) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..ranks {
        builder.rank();
        let (right, left) = ((rank + 1) % ranks, (rank + ranks - 1) % ranks);
        let mut last = None;
        for step in 0..2 * (ranks - 1) {
            let send = op(&mut builder, Op::send(chunk, right).with_tag(step));
            let recv = op(&mut builder, Op::recv(chunk, left).with_tag(step));
            if let Some(received) = last.replace(recv) {
                requires(&mut builder, send, received);
                requires(&mut builder, recv, received);
            }
        }
    }
    builder.finish().expect("all ranks exist")
}

/// Recursive doubling among `2^bits` ranks: each round exchanges everything.
///
/// # Panics
/// If there are more operations than can be numbered.
pub fn recursive_doubling(bits: u32, bytes: u64) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..1_u32 << bits {
        builder.rank();
        let mut last = None;
        for bit in 0..bits {
            let peer = rank ^ (1 << bit);
            let send = op(&mut builder, Op::send(bytes, peer).with_tag(bit));
            let recv = op(&mut builder, Op::recv(bytes, peer).with_tag(bit));
            if let Some(received) = last.replace(recv) {
                requires(&mut builder, send, received);
                requires(&mut builder, recv, received);
            }
        }
    }
    builder.finish().expect("all ranks exist")
}

/// Reduction to rank 0 and broadcast from there along a binomial tree of `2^bits` ranks.
///
/// # Panics
/// If there are more operations than can be numbered.
pub fn binomial(bits: u32, bytes: u64) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..1_u32 << bits {
        builder.rank();
        let below = if rank == 0 { bits } else { rank.trailing_zeros() };
        let mut last = None;
        let mut chain = |builder: &mut GoalBuilder, one: Op| {
            let id = op(builder, one);
            if let Some(before) = last.replace(id) {
                requires(builder, id, before);
            }
        };
        (0..below).for_each(|bit| chain(&mut builder, Op::recv(bytes, rank | (1 << bit))));
        if rank != 0 {
            let parent = rank & (rank - 1);
            chain(&mut builder, Op::send(bytes, parent));
            chain(&mut builder, Op::recv(bytes, parent).with_tag(1));
        }
        for bit in (0..below).rev() {
            chain(&mut builder, Op::send(bytes, rank | (1 << bit)).with_tag(1));
        }
    }
    builder.finish().expect("all ranks exist")
}

fn op(builder: &mut GoalBuilder, op: Op) -> OpId {
    builder.op(op).expect("they can be numbered")
}

fn requires(builder: &mut GoalBuilder, op: OpId, before: OpId) {
    builder.requires(op, before).expect("they can be numbered");
}
