//! In-switch reduction: the switch adds and copies (`NVLink` SHARP, NCCL's NVLS).
//!
//! After a barrier, rank `r` asks the switch for the sum of everyone's block `r`, slice by slice,
//! and has the switch copy each finished slice to everyone. Ranks 4, 2 slices a block:
//!
//! ```text
//! lane 0           lane 1 (rank 0)
//! barrier
//! reduce 0.0
//! reduce 0.1       0.0 is there: multicast it      slices of one lane follow each other, so the
//!                  0.1 is there: multicast it      way up (reduce) and down (multicast) overlap
//!                  wait for the others' 1.0 2.0 3.0, then 1.1 2.1 3.1
//! ```
//!
//! Cost: n (N+1)/N bytes through each port in each direction instead of 2n (N-1)/N; the rate is
//! the switch's own, not the wire's. No arithmetic on the ranks. Any N whose ranks hang on one
//! reducing switch. The switch combines in rank order, so results are bit-identical across ranks.

use crate::{Action, Collective, CollectiveError, Group, Ports, Rank, Schedule, Shape, Span, Step};

/// The in-switch algorithm.
#[derive(Debug, Clone, Copy)]
pub struct InSwitch {
    collective: Collective,
    ranks: u32,
    slices: u32,
}

/// Steps of the barrier: signal everyone, wait for everyone.
const BARRIER: u32 = 2;

impl InSwitch {
    /// Reductions that a rank has under way at the same time.
    pub const DEPTH: u32 = 2;

    /// The algorithm for `collective` over `ranks` ranks with `slices` slices a block.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 slices, or
    /// [`CollectiveError::Unsupported`] for anything but all-reduce and its halves.
    pub fn new(collective: Collective, ranks: u32, slices: u32) -> Result<Self, CollectiveError> {
        collective.check("in-switch", ranks, collective.is_all_reduce_or_half())?;
        let slices = slices.max(1);
        if u64::from(ranks) * u64::from(slices) >= 1 << 30 {
            return Err(CollectiveError::TooManyChunks { algorithm: "in-switch", ranks });
        }
        Ok(Self { collective, ranks, slices })
    }

    fn group(self) -> Group {
        Group { first: 0, stride: 1, count: self.ranks }
    }

    fn barrier(self, index: u32) -> Action {
        let group = self.group();
        if index == 0 {
            Action::Multicast { group, src: Span::input(0, 0), dst: Span::output(0, 0) }
        } else {
            Action::Wait { from: group }
        }
    }

    /// Multicasts of the own slices, then waits for everyone else's.
    fn gather(self, rank: Rank, at: u32) -> Action {
        let group = self.group();
        if at >= self.slices {
            return Action::Wait { from: group };
        }
        let dst = Span::output(rank * self.slices + at, 1);
        let from_input = self.collective == Collective::AllGather;
        let src = if from_input { Span::input(at, 1) } else { dst };
        Action::Multicast { group, src, dst }
    }
}

impl Schedule for InSwitch {
    fn shape(&self) -> Shape {
        let (input, output) = self.collective.blocks(self.ranks);
        let lanes = if self.collective == Collective::AllReduce { 2 } else { 1 };
        Shape {
            lanes,
            // One rank alone copies.
            ports: if self.ranks * lanes == 1 { Ports::Fixed } else { Ports::Contended },
            input_chunks: input * self.slices,
            output_chunks: output * self.slices,
            bit_identical: true,
            in_rank_order: true,
            ..Shape::new(self.collective, self.ranks)
        }
    }

    /// Everyone may have everyone's slices waiting, and some requests at every port.
    fn in_flight(&self) -> u64 {
        let peers = u64::from(self.ranks) - 1;
        let requests = u64::from(Self::DEPTH.min(self.slices)) * u64::from(self.ranks);
        match self.collective {
            _ if peers == 0 => 0,
            Collective::AllReduce => u64::from(self.slices) * peers + requests,
            Collective::ReduceScatter => requests,
            _ => u64::from(self.slices) * peers,
        }
    }

    fn steps(&self, _rank: Rank, lane: u32) -> u32 {
        match self.collective {
            _ if self.ranks == 1 => 1 - lane,
            Collective::AllReduce if lane == 1 => 2 * self.slices,
            Collective::AllReduce | Collective::ReduceScatter => BARRIER + self.slices,
            _ => BARRIER + 2 * self.slices,
        }
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            let all = self.slices;
            return Action::Copy { src: Span::input(0, all), dst: Span::output(0, all) }.into();
        }
        if lane == 1 {
            let step = Step::new(self.gather(rank, index));
            return if index < self.slices { step.after(0, BARRIER + index) } else { step };
        }
        if index < BARRIER {
            return self.barrier(index).into();
        }
        let slice = index - BARRIER;
        if self.collective == Collective::AllGather {
            return self.gather(rank, slice).into();
        }
        let chunk = rank * self.slices + slice;
        let scatter = self.collective == Collective::ReduceScatter;
        let step = Step::new(Action::SwitchReduce {
            group: self.group(),
            src: Span::input(chunk, 1),
            dst: Span::output(if scatter { slice } else { chunk }, 1),
        });
        // At most two requests are out: more would fill every port with shares of reductions, and
        // the multicasts of finished slices would queue behind them all.
        if slice < Self::DEPTH { step } else { step.after(0, index - Self::DEPTH) }
    }
}
