//! A schedule as a table: what the tests write by hand, or break.

use supernode_collectives::{Action, Collective, Ports, Rank, Schedule, Shape, Step};

/// The steps of each lane of each rank.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) shape: Shape,
    pub(super) lanes: Vec<Vec<Step>>,
}

impl Program {
    /// An all-reduce with the lanes of each rank.
    pub(super) fn all_reduce(chunks: u32, scratch: u32, ranks: Vec<Vec<Vec<Step>>>) -> Self {
        let shape = Shape {
            collective: Collective::AllReduce,
            ranks: ranks.len() as u32,
            lanes: ranks.first().map_or(1, |lanes| lanes.len() as u32),
            ports: Ports::Contended,
            input_chunks: chunks,
            output_chunks: chunks,
            scratch_chunks: scratch,
            bit_identical: true,
            in_rank_order: false,
        };
        Self { shape, lanes: ranks.into_iter().flatten().collect() }
    }

    /// One lane a rank.
    pub(super) fn single(chunks: u32, ranks: Vec<Vec<Action>>) -> Self {
        let lane = |actions: Vec<Action>| vec![actions.into_iter().map(Step::new).collect()];
        Self::all_reduce(chunks, 0, ranks.into_iter().map(lane).collect())
    }

    /// All steps of `schedule`, written out.
    pub(super) fn of(schedule: &dyn Schedule) -> Self {
        let shape = schedule.shape();
        let lane = |at: u32| {
            let (rank, lane) = (at / shape.lanes, at % shape.lanes);
            (0..schedule.steps(rank, lane)).map(|i| schedule.step(rank, lane, i)).collect()
        };
        Self { shape, lanes: (0..shape.ranks * shape.lanes).map(lane).collect() }
    }

    fn lane(&self, rank: Rank, lane: u32) -> &[Step] {
        &self.lanes[(rank * self.shape.lanes + lane) as usize]
    }
}

impl Schedule for Program {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.lane(rank, lane).len() as u32
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        self.lane(rank, lane)[index as usize]
    }
}
