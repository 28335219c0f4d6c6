//! Ranks beyond those that an algorithm runs on fold: they give their input to the rank of the same
//! number modulo as many, which adds it to its own before, and sends the result after. Ranks 10 on an
//! algorithm for 9:
//!
//! ```text
//! fold      rank 0: scratch = input + input of 9       rank 9: input > 0
//! then      0 to 8 as ever, but what rank 0 would take from its input is in scratch
//! unfold    rank 0: output > 9
//! ```

use crate::{Action, Buf, Collective, Phase, Ports, Rank, Schedule, Shape, Span, Step};

/// An all-reduce of the first ranks, into which the others fold; or, without others, anything.
#[derive(Debug, Clone)]
pub struct Folded<S> {
    ranks: u32,
    inner: S,
    /// The outline of `inner`.
    own: Shape,
}

impl<S: Schedule> Folded<S> {
    /// All of `ranks` ranks on a schedule for no more; for fewer only if it is an all-reduce of one lane.
    pub(super) fn new(ranks: u32, inner: S) -> Self {
        let own = inner.shape();
        debug_assert!(ranks == own.ranks || own.collective == Collective::AllReduce);
        Self { ranks, inner, own }
    }

    /// How many ranks fold into `rank`.
    fn folded(&self, rank: Rank) -> u32 {
        if rank < self.own.ranks { (self.ranks - 1 - rank) / self.own.ranks } else { 0 }
    }

    /// Where the sum of what has folded is kept: behind the scratch of the schedule itself.
    fn summed(&self, span: Span) -> Span {
        Span { first: self.own.scratch_chunks + span.first, ..Span { buf: Buf::Scratch, ..span } }
    }
}

impl<S: Schedule> Schedule for Folded<S> {
    fn shape(&self) -> Shape {
        let folds = self.ranks > self.own.ranks;
        let ports = match self.ranks {
            0..=2 => Ports::Fixed,
            // Ranks into which others fold are behind those that have none.
            _ if folds => Ports::Contended,
            _ => self.own.ports,
        };
        let sum = if folds { self.own.input_chunks } else { 0 };
        let scratch_chunks = self.own.scratch_chunks + sum;
        // Ranks that fold come after all others.
        let in_rank_order = self.own.in_rank_order && (!folds || self.own.ranks == 1);
        Shape { ranks: self.ranks, ports, scratch_chunks, in_rank_order, ..self.own }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == self.own.ranks { self.inner.phases() } else { None }
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        if rank >= self.own.ranks {
            return 2;
        }
        2 * self.folded(rank) + self.inner.steps(rank, lane)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let (input, output) =
            (Span::input(0, self.own.input_chunks), Span::output(0, self.own.output_chunks));
        let peer = rank % self.own.ranks;
        if peer != rank {
            return if index == 0 {
                Action::Send { to: peer, src: input }.into()
            } else {
                Action::Recv { from: peer, dst: output, with: None, more: false }.into()
            };
        }
        let folded = self.folded(rank);
        let other = |nth: u32| rank + (nth + 1) * self.own.ranks;
        if index < folded {
            let dst = self.summed(input);
            let with = Some(if index == 0 { input } else { dst });
            return Action::Recv { from: other(index), dst, with, more: index + 1 < folded }.into();
        }
        let index = index - folded;
        let steps = self.inner.steps(rank, lane);
        if index >= steps {
            return Step::new(Action::Send { to: other(index - steps), src: output }).fan(folded);
        }
        let step = self.inner.step(rank, lane, index);
        if folded == 0 {
            return step;
        }
        let summed = |span: Span| if span.buf == Buf::Input { self.summed(span) } else { span };
        Step { action: step.action.renamed(|rank| rank, |group| group, summed), ..step }
    }
}
