//! Direct: every rank talks to every other at once (one-shot and two-shot of vLLM and
//! TensorRT-LLM; HCCL's Mesh).
//!
//! Two-shot all-reduce: every rank sends block `b` of its input to rank `b`, which adds the N
//! blocks (its own first) and sends the result to everyone. One-shot: every rank sends its whole
//! input to everyone, and everyone adds all of them. Ranks 4, `x` a contribution, `C` a result:
//!
//! ```text
//! two-shot   rank 0            rank 1            rank 2            rank 3
//! send       x1>1 x2>2 x3>3    x2>2 x3>3 x0>0    x3>3 x0>0 x1>1    x0>0 x1>1 x2>2
//! add        C0 = 0+1+2+3      C1 = 1+0+2+3      C2 = 2+0+1+3      C3 = 3+0+1+2
//! send       C0>1 C0>2 C0>3    C1>2 C1>3 C1>0    C2>3 C2>0 C2>1    C3>0 C3>1 C3>2
//!
//! one-shot   rank 0            rank 1            ...
//! send       x>1 x>2 x>3       x>2 x>3 x>0
//! add        C = 0+1+2+3       C = 0+1+2+3
//! ```
//!
//! Cost with one port for all peers: two-shot 2 alpha + 2(N-1)/N n beta, one-shot alpha + (N-1) n
//! beta; with a link per peer the N-1 transfers of a phase run side by side. Reduce-scatter and
//! all-gather are one phase of two-shot, whatever the name. All-to-all (NCCL's grouped sends and
//! receives, MPI's basic linear) is one phase of two-shot in which rank `r` sends block `s` to rank
//! `s`: alpha + (N-1)/N n beta. Any N. One-shot adds in rank order
//! everywhere and two-shot adds each block at one place, so results are bit-identical across ranks. N(N-1) messages a phase: meant for one node or one
//! full mesh, and sensitive to fan-out (eta).

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase as Outline, Ports, Rank, Schedule, Shape,
    Span, Step,
};

/// The direct algorithms.
#[derive(Debug, Clone, Copy)]
pub struct Direct {
    collective: Collective,
    ranks: u32,
    one_shot: bool,
}

/// What a phase does with its blocks.
#[derive(Clone, Copy)]
enum Phase {
    /// Whole inputs to everyone.
    OneShot,
    /// Block `b` to rank `b`.
    ReduceScatter,
    /// The own result to everyone.
    AllGather,
    /// The own block, or to each the one that is meant for it: all there is.
    Move,
}

impl Direct {
    /// Two phases for an all-reduce: reduce-scatter, then all-gather.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but all-reduce, its halves and all-to-all.
    pub fn two_shot(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let defined = collective.is_all_reduce_or_half() || collective == Collective::AllToAll;
        collective.check("two-shot", ranks, defined)?;
        Ok(Self { collective, ranks, one_shot: false })
    }

    /// One phase for an all-reduce: everyone adds everything.
    ///
    /// # Errors
    /// As [`Direct::two_shot`]; there is no all-to-all.
    pub fn one_shot(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("one-shot", ranks, collective.is_all_reduce_or_half())?;
        Ok(Self { collective, ranks, one_shot: collective == Collective::AllReduce })
    }

    /// The phase that step `index` belongs to, and the position within it.
    fn phase(self, index: u32) -> (Phase, u32) {
        let length = 2 * (self.ranks - 1);
        match self.collective {
            Collective::AllReduce if self.one_shot => (Phase::OneShot, index),
            Collective::AllReduce if index >= length => (Phase::AllGather, index - length),
            Collective::AllReduce | Collective::ReduceScatter => (Phase::ReduceScatter, index),
            _ => (Phase::Move, index),
        }
    }

    /// What a rank sends to `to` where blocks only move.
    fn moved(self, to: Rank) -> Span {
        Span::input(if self.collective == Collective::AllToAll { to } else { 0 }, 1)
    }

    /// Two-shot: a block is added at one place only, the own contribution first.
    fn reduce_step(self, rank: Rank, at: u32) -> Action {
        let all_reduce = self.collective == Collective::AllReduce;
        let dst = Span::output(if all_reduce { rank } else { 0 }, 1);
        let with = Some(if at == 0 { Span::input(rank, 1) } else { dst });
        let from = if at < rank { at } else { at + 1 };
        Action::Recv { from, dst, with, more: at + 2 < self.ranks }
    }
}

/// Step `at` of adding whole inputs of `ranks` ranks to the output of `rank` in rank order, the own
/// one in its place; the receives are awaited together.
pub(super) fn in_rank_order(rank: Rank, ranks: u32, at: u32) -> Action {
    let (dst, own, last) = (Span::output(0, 1), Span::input(0, 1), ranks - 1);
    if rank == 0 {
        let with = Some(if at == 0 { own } else { dst });
        return Action::Recv { from: at + 1, dst, with, more: at + 1 < last };
    }
    if at == rank {
        return Action::Reduce { src: own, dst };
    }
    // The own contribution of the last rank comes after the batch.
    let final_receive = if rank == last { last - 1 } else { last };
    let with = (at > 0).then_some(dst);
    Action::Recv { from: at, dst, with, more: at < final_receive }
}

impl Schedule for Direct {
    fn shape(&self) -> Shape {
        let whole = self.one_shot && self.collective == Collective::AllReduce;
        let plain = Shape::new(self.collective, self.ranks);
        let (input_chunks, output_chunks) = match self.collective {
            Collective::AllReduce if self.one_shot => (1, 1),
            collective => collective.blocks(self.ranks),
        };
        // The receives of a phase are awaited together. A second phase may begin at a rank whose
        // first has not ended; of two ranks, it comes from the same sender.
        let phases = if self.collective == Collective::AllReduce && !self.one_shot { 2 } else { 1 };
        Shape {
            ports: if phases > 1 && self.ranks > 2 { Ports::InStep } else { Ports::Fixed },
            input_chunks,
            output_chunks,
            bit_identical: true,
            in_rank_order: plain.in_rank_order || whole,
            ..plain
        }
    }

    fn phases(&self) -> Option<Vec<Outline>> {
        if self.ranks == 1 {
            return Some(vec![Outline::copy(1)]);
        }
        let all =
            |pattern, copies| Outline { stride: 1, size: self.ranks, pattern, chunks: 1, copies };
        let direct = |reduces, copies| all(Pattern::Direct { reduces }, copies);
        Some(match self.collective {
            Collective::AllReduce if self.one_shot => vec![all(Pattern::OneShot, 0)],
            Collective::AllReduce => vec![direct(true, 0), direct(false, 0)],
            Collective::ReduceScatter => vec![direct(true, 0)],
            _ => vec![direct(false, 1)],
        })
    }

    /// All messages of a phase; those of the next one are as many, and go out when they are in.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks) - 1
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        let peers = self.ranks - 1;
        match self.collective {
            _ if peers == 0 => 1,
            // Rank 0 has its own contribution in its first receive already.
            Collective::AllReduce if self.one_shot => 2 * peers + u32::from(rank > 0),
            Collective::AllReduce => 4 * peers,
            Collective::ReduceScatter => 2 * peers,
            _ => 2 * peers + 1,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (n, peers) = (self.ranks, self.ranks - 1);
        if n == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let (phase, at) = self.phase(index);
        // The block of the `nth` of the others, awaited together with all the rest.
        let receive = |rank, nth| {
            let from = if nth < rank { nth } else { nth + 1 };
            Action::Recv { from, dst: Span::output(from, 1), with: None, more: nth + 1 < peers }
        };
        // Peers in the order rank + 1, rank + 2, ...: no two ranks start with the same receiver.
        let peer = |offset: u32| if rank + offset < n { rank + offset } else { rank + offset - n };
        if at < peers {
            let to = peer(at + 1);
            let src = match phase {
                Phase::OneShot => Span::input(0, 1),
                Phase::ReduceScatter => Span::input(to, 1),
                Phase::AllGather => Span::output(rank, 1),
                Phase::Move => self.moved(to),
            };
            return Step::new(Action::Send { to, src }).fan(peers);
        }
        let at = at - peers;
        let action = match phase {
            Phase::OneShot => in_rank_order(rank, n, at),
            Phase::ReduceScatter => self.reduce_step(rank, at),
            Phase::Move if at == 0 => {
                Action::Copy { src: self.moved(rank), dst: Span::output(rank, 1) }
            }
            Phase::Move => receive(rank, at - 1),
            Phase::AllGather => receive(rank, at),
        };
        action.into()
    }
}
