//! What cannot be run is refused or reported; nothing hangs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use supernode_collectives::{
    Action, Algorithm, Collective, Ports, Rank, Schedule, Shape, Span, Step,
};
use supernode_emulator::{Emulator, EmulatorError, Job, Report, Results};
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, job, spec};

/// Every rank waits for the next one before it sends; rank 0 sends first if there is an `astray`,
/// but to that rank. Rank 3 has no program if `broken`.
#[derive(Debug)]
struct Circle {
    ranks: u32,
    astray: Option<Rank>,
    broken: bool,
}

impl Schedule for Circle {
    fn shape(&self) -> Shape {
        Shape {
            collective: Collective::AllReduce,
            ranks: self.ranks,
            lanes: 1,
            ports: Ports::Fixed,
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 0,
            bit_identical: true,
            in_rank_order: false,
        }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        assert!(!self.broken || rank != 3, "no program");
        2
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (next, previous) = ((rank + 1) % self.ranks, (rank + self.ranks - 1) % self.ranks);
        let chunk = Span::output(0, 1);
        match index {
            0 if rank == 0 && self.astray.is_some() => {
                Action::Send { to: self.astray.unwrap(), src: Span::input(0, 1) }.into()
            }
            0 => Action::Recv { from: previous, dst: chunk, with: None, more: false }.into(),
            _ => Action::Send { to: next, src: Span::input(0, 1) }.into(),
        }
    }
}

/// So few elements that one thread does it all, and so many that two share the ranks.
const COUNTS: [u64; 2] = [8, 1 << 18];

/// Runs a circle on a thread of its own, so that a hang fails the test instead of stopping it.
fn run(circle: Circle, count: u64) -> Result<Report, EmulatorError> {
    let (ranks, sum) = (circle.ranks, ReduceOp::Sum);
    let ring = Algorithm::Ring;
    let base = job(ring, Collective::AllReduce, ranks, count, DType::F32, sum, Results::Own);
    let stuck = Job { schedule: Arc::new(circle), ..base };
    let inputs = spec(&stuck, 1).generate_all(1);
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(Emulator::new(2, MEMORY).unwrap().run(&stuck, inputs)));
    result.recv_timeout(Duration::from_mins(1)).expect("it ends")
}

#[test]
fn a_deadlock_names_the_ranks_and_what_they_wait_for() {
    for elements in COUNTS {
        let report = run(Circle { ranks: 5, astray: None, broken: false }, elements);
        let Err(EmulatorError::Deadlock { count, first }) = report else { panic!("{report:?}") };
        assert_eq!((count, first.len()), (5, 5));
        assert!(matches!(first[2].action, Action::Recv { from: 1, .. }));
    }
}

#[test]
fn a_rank_that_panics_keeps_nobody_waiting() {
    for elements in COUNTS {
        let report = run(Circle { ranks: 5, astray: Some(9), broken: false }, elements);
        let Err(EmulatorError::Panic(reason)) = report else { panic!("{report:?}") };
        assert!(reason.contains("rank 9 of 5 is not placed"), "{reason}");
    }
}

/// The caller's own ranks wait for those of a thread that is gone.
#[test]
fn a_thread_that_panics_keeps_nobody_waiting() {
    let report = run(Circle { ranks: 5, astray: None, broken: true }, COUNTS[1]);
    assert!(matches!(report, Err(EmulatorError::Panic(_))), "{report:?}");
}

#[test]
fn memory_is_checked_before_it_is_taken() {
    let count = 1 << 40;
    let job = job(
        Algorithm::Ring,
        Collective::AllReduce,
        64,
        count,
        DType::F32,
        ReduceOp::Sum,
        Results::Own,
    );
    assert!(Emulator::memory_needed(&job) > 64 * count * 4);
    let error = Emulator::new(1, MEMORY).unwrap().run(&job, vec![Bytes::new(); 64]).unwrap_err();
    assert!(error.to_string().starts_with("emulating 64 ranks x 4TiB needs"), "{error}");
}

#[test]
fn inputs_have_to_fit_the_schedule() {
    let job =
        job(Algorithm::Ring, Collective::AllReduce, 4, 8, DType::F32, ReduceOp::Sum, Results::Own);
    let emulator = Emulator::new(1, MEMORY).unwrap();
    let short = vec![Bytes::from_static(&[0; 28]); 4];
    let error = emulator.run(&job, short).unwrap_err().to_string();
    assert_eq!(error, "input of rank 0 has 28 bytes, the schedule needs 32");
    assert!(emulator.run(&job, vec![Bytes::from_static(&[0; 32]); 3]).is_err());
}
