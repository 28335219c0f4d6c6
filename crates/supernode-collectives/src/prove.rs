//! Proves a schedule without running data.
//!
//! A schedule is run once on symbolic values: each chunk is an expression over the contributions of
//! the ranks. That settles what it computes, in which order it adds, and what it costs; runs without
//! values settle at which depth of connections it ends; clocks settle whether anything races. One run
//! is enough for each: a schedule is a Kahn network, so every order of execution takes the same
//! steps, and without races every order gives the same values.
//!
//! ```
//! use supernode_collectives::prove::{Options, prove};
//! use supernode_collectives::{Collective, Ring};
//!
//! let proof = prove(&Ring::new(Collective::AllReduce, 5)?, &Options::default())?;
//! assert!(proof.holds(), "{:?}", proof.findings);
//! assert_eq!(proof.least_depth, Some(2));
//! assert_eq!((proof.cost.rounds, proof.summation.depth), (8, 4));
//! # Ok::<(), supernode_collectives::CollectiveError>(())
//! ```
//!
//! Modules: `scan` (does each step make sense), `machine` and `take` (running without time),
//! `deadlock`, `expression` and `memory` (symbolic values), `symbolic` (what steps do to them),
//! `clocks` and `races`, `meter` (costs), `verdict` (is the output right), `additions` (in which order
//! it was added), `evaluate` (with values and an operator of one's own), `overlap` (in place), `heard` (is
//! a barrier one), `closed` (formulas), `effort` (what a proof takes), `finding` (what can be wrong),
//! `explain` (steps and data movement as text), `drawing`
//! (data movement as an SVG).

mod additions;
mod clocks;
mod closed;
mod deadlock;
mod drawing;
mod effort;
mod evaluate;
mod explain;
mod expression;
mod finding;
mod heard;
mod machine;
mod memory;
mod meter;
mod overlap;
mod races;
mod scan;
mod symbolic;
mod take;
mod verdict;

pub use closed::{Stated, prove_algorithm};
pub use deadlock::{Blocked, Deadlock, WaitsFor};
pub use drawing::draw;
pub use effort::{memory_needed, operations};
pub use evaluate::evaluate;
pub use explain::explain;
pub use finding::{Access, Finding, Place};
pub use machine::Order;
pub use meter::Cost;
pub use scan::action_fault;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clocks::Watched;
use machine::Machine;
use memory::Memory;
use overlap::Overlap;
use races::Races;
use scan::Scan;
use symbolic::Symbolic;
use verdict::Asked;

use crate::{CollectiveError, Members, Rank, Schedule, Shape};

/// What to prove, and how much to say.
#[derive(Debug, Clone)]
pub struct Options {
    /// Depths of connections to try, in any order; none leaves deadlock at finite depth out.
    pub depths: Vec<u32>,
    /// Findings that are kept; all are counted.
    pub keep: usize,
    /// In which order lanes take their turns; the result does not depend on it unless there is a
    /// race.
    pub order: Order,
    /// Counts the steps of all runs while they are taken, for whoever waits.
    pub progress: Option<Arc<AtomicU64>>,
    /// Whether input and output overlap as NCCL's and MPI's in-place calls have it: one buffer, or the
    /// own block of the large one.
    pub in_place: bool,
}

impl Default for Options {
    fn default() -> Self {
        let depths = vec![0, 1, 2, 4, 8];
        Self { depths, keep: 16, order: Order::Fair, progress: None, in_place: false }
    }
}

/// How sums come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summation {
    /// Whether every rank that gets a sum gets it from the same additions in the same order.
    pub bit_identical: bool,
    /// Whether contributions are added in the order of the ranks, each addition joining neighbouring runs
    /// of them: what an operator that does not commute needs. True where nothing is added.
    pub in_rank_order: bool,
    /// The order of additions as a number, if it is the same for every element of every rank: a result
    /// then depends neither on how many elements there are nor on where an element stands (batch
    /// invariance). Proofs with one number say so of other slices, too. None where it is not the same.
    pub order: Option<u64>,
    /// Additions one after the other on the longest way from an input to a result.
    pub depth: u32,
    /// A number that follows from all results: equal for runs that compute the same expressions.
    pub digest: u64,
}

impl Summation {
    /// The error of a sum in units in the last place of the sum of magnitudes, to first order: each
    /// of `depth` additions rounds by at most half a unit (Higham, section 4.2).
    pub fn error_ulp(&self) -> f64 {
        f64::from(self.depth) / 2.0
    }
}

/// What is known about a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The outline of the schedule; its ranks are those that take part.
    pub shape: Shape,
    /// What is wrong, the first few.
    pub findings: Vec<Finding>,
    /// How many things are wrong.
    pub found: u64,
    /// The least of the depths at which the schedule ends.
    pub least_depth: Option<u32>,
    /// What happens at the depths below.
    pub deadlocks: Vec<(u32, Deadlock)>,
    /// Floating-point sums.
    pub summation: Summation,
    /// Costs.
    pub cost: Cost,
    /// Steps of all ranks.
    pub steps: u64,
}

impl Proof {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.found == 0
    }
}

/// The first findings, and the number of all.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
    keep: usize,
    found: u64,
}

impl Findings {
    fn push(&mut self, finding: impl FnOnce() -> Finding) {
        self.found += 1;
        if self.list.len() < self.keep {
            self.list.push(finding());
        }
    }
}

/// The first step of `schedule` that makes no sense by itself.
pub(crate) fn malformed(schedule: &dyn Schedule) -> Option<Finding> {
    Scan::of(schedule, 1).findings.into_iter().next()
}

/// Proves `schedule`, or says what is wrong with it.
///
/// # Errors
/// [`CollectiveError::TooManyChunks`] if the inputs of all ranks have more than 2^31 chunks; see
/// [`memory_needed`] for what a large schedule takes.
pub fn prove(schedule: &dyn Schedule, options: &Options) -> Result<Proof, CollectiveError> {
    let run = run(schedule, options, false)?;
    let (mut findings, summation) = (run.findings, run.summation);
    let (mut least_depth, mut deadlocks) = (None, Vec::new());
    if run.ended && !options.depths.is_empty() {
        let (least, met, finding) = deadlock::least_depth(schedule, options);
        (least_depth, deadlocks) = (least, met);
        if let Some(finding) = finding {
            findings.push(|| finding);
        }
    }
    let Findings { list, found, .. } = findings;
    let (cost, steps) = (run.cost, run.steps);
    let shape = among(schedule);
    Ok(Proof { shape, findings: list, found, least_depth, deadlocks, summation, cost, steps })
}

/// The outline with as many ranks as take part.
fn among(schedule: &dyn Schedule) -> Shape {
    let shape = schedule.shape();
    let ranks = schedule.members().map_or(shape.ranks, Members::count);
    Shape { ranks, ..shape }
}

/// A run on symbolic values.
struct Run {
    findings: Findings,
    summation: Summation,
    cost: Cost,
    steps: u64,
    /// Whether all lanes came to their end.
    ended: bool,
    trace: symbolic::Trace,
    memory: Memory,
}

fn run(schedule: &dyn Schedule, options: &Options, trace: bool) -> Result<Run, CollectiveError> {
    let mut shape = schedule.shape();
    if u64::from(shape.ranks) * u64::from(shape.input_chunks) >= 1 << 31 {
        let ranks = shape.ranks;
        return Err(CollectiveError::TooManyChunks { algorithm: "the proof of a schedule", ranks });
    }
    let asked = Asked { shape: among(schedule), members: schedule.members() };
    let scan = Scan::of(schedule, options.keep);
    let sound = scan.found == 0;
    if !sound {
        // Nothing is run, and no room is needed for it.
        (shape.output_chunks, shape.scratch_chunks) = (0, 0);
    }
    let overlap = options.in_place.then(|| Overlap::new(asked.shape, asked.members));
    let watched = if sound && scan.shares {
        Watched::of(schedule, overlap.as_ref())
    } else {
        Watched::default()
    };
    let races = Races::new(watched, shape, overlap.clone());
    let findings = Findings { list: scan.findings, keep: options.keep, found: scan.found };
    let mut memory = Memory::new(shape, overlap);
    let lengths = schedule.chunks(0, 1);
    if sound && lengths.is_uneven() {
        memory.measure(lengths);
    }
    let mut effects = Symbolic::new(shape, memory, scan.named, races, findings);
    effects.trace = trace.then(symbolic::Trace::default);
    if !sound {
        return Ok(finish(effects, &asked, shape.ranks, 0, false));
    }
    let mut machine = Machine::new(schedule, None, effects);
    machine.progress = options.progress.as_deref();
    let ended = machine.run(options.order);
    let stuck = (!ended && machine.fault.is_none()).then(|| machine.deadlock());
    let whole = machine.fault.is_none() && ended;
    let findings = &mut machine.effects.findings;
    let stuck = stuck.map(Finding::Stuck);
    for finding in machine.fault.into_iter().chain(stuck) {
        findings.push(|| finding);
    }
    for (to, inbox) in (0..).zip(&machine.inboxes) {
        for ((rank, lane), channel) in inbox {
            if let Some(first) = channel.queue.front() {
                let sender = Place { rank: *rank, lane: *lane, step: first.step };
                let count = channel.queue.len();
                findings.push(|| Finding::LeftOver { sender, to, count });
            }
        }
    }
    Ok(finish(machine.effects, &asked, shape.ranks, machine.steps_taken, whole))
}

fn finish(effects: Symbolic, asked: &Asked, ranks: u32, steps: u64, ended: bool) -> Run {
    let Symbolic { mut memory, meter, mut findings, trace, heard, .. } = effects;
    if let Some(misfit) = memory.misfit.take() {
        findings.push(|| misfit);
    }
    if let Some(heard) = heard.filter(|_| ended) {
        let ranks: Vec<Rank> = (0..asked.shape.ranks).map(|member| asked.rank(member)).collect();
        for &rank in &ranks {
            let missing = heard.missing(rank, &ranks);
            if !missing.is_empty() {
                findings.push(|| Finding::NotHeard { rank, missing });
            }
        }
    }
    let summation =
        if ended { verdict::check(&memory, asked, ranks, &mut findings) } else { verdict::NOTHING };
    let (cost, trace) = (meter.cost(&asked.shape, &memory), trace.unwrap_or_default());
    Run { findings, summation, cost, steps, ended, trace, memory }
}
