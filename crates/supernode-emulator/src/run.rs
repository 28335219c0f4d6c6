//! Runs a job: deals its ranks out to threads, one block of consecutive ranks each.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use supernode_collectives::{Buf, Chunks, Schedule, Span};
use supernode_engine::{EngineError, in_program_order, ports};
use supernode_fabric::CostModel;
use supernode_units::{DType, ReduceOp, Time};
use tokio::runtime::{Builder, Runtime};

use crate::block::{Block, Part};
use crate::error::EmulatorError;
use crate::estimate;
use crate::memory::{Output, Results};
use crate::payload::{Data, Pool};
use crate::post::Offices;
use crate::rank::World;
use crate::workers::{Worker, receive};

/// One collective to be emulated.
#[derive(Debug, Clone)]
pub struct Job {
    /// The steps of every rank.
    pub schedule: Arc<dyn Schedule>,
    /// Elements of the large buffer of each rank.
    pub count: u64,
    /// Element type.
    pub dtype: DType,
    /// Operator; ignored by collectives that do not reduce.
    pub op: ReduceOp,
    /// What messages cost; its fabric holds as many ranks as the schedule.
    pub cost: Arc<CostModel>,
    /// How results are kept.
    pub results: Results,
    /// Counts messages while the run goes on, for a progress display.
    pub progress: Option<Arc<AtomicU64>>,
}

/// What a run produced.
#[derive(Debug)]
pub struct Report {
    /// When each rank finished, in virtual time.
    pub finish: Vec<Time>,
    /// The result of each rank.
    pub outputs: Vec<Output>,
    /// Messages between ranks; each copy of a multicast counts, a switch's reduction does not.
    pub messages: u64,
}

impl Report {
    /// When the last rank finished.
    pub fn time(&self) -> Time {
        self.finish.iter().copied().max().unwrap_or_default()
    }
}

/// Threads and buffers, kept from run to run.
#[derive(Debug)]
pub struct Emulator {
    /// Beside the caller's thread, which works as well.
    workers: Vec<Worker>,
    caller: Runtime,
    pool: Arc<Pool>,
    /// Blocks of the last run. Locked for the whole of a run: two that share the workers would wait
    /// for each other.
    blocks: Mutex<Vec<Block>>,
    memory_limit: u64,
}

/// Ends the wait of all blocks if one of them panics outside of its ranks' tasks.
struct Alarm<'a>(&'a World);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.offices.give_up();
        }
    }
}

/// Messages of at least this many bytes are delivered one by one: a lock costs nothing beside them.
const DELIVER_MIN_BYTES: u64 = 16 << 10;

impl Emulator {
    /// An emulator on `threads` threads, the caller's included, that may use `memory_limit` bytes.
    ///
    /// # Errors
    /// When the host cannot start the threads.
    pub fn new(threads: usize, memory_limit: u64) -> Result<Self, EmulatorError> {
        Ok(Self {
            workers: (1..threads).map(|_| Worker::start()).collect::<Result<_, _>>()?,
            caller: Builder::new_current_thread().build()?,
            pool: Arc::default(),
            blocks: Mutex::default(),
            memory_limit,
        })
    }

    /// Bytes a run of `job` needs at most, inputs included.
    pub fn memory_needed(job: &Job) -> u64 {
        estimate::memory(job)
    }

    /// Runs `job` on `inputs`, one per rank (none if only sizes are emulated).
    ///
    /// # Errors
    /// When memory would not suffice (checked before anything is allocated), inputs do not fit, or
    /// the schedule deadlocks.
    ///
    /// # Panics
    /// On a thread that runs tasks of a tokio runtime: the caller's thread works as well, and cannot
    /// wait there. Use a thread of its own.
    pub fn run(&self, job: &Job, inputs: Vec<Bytes>) -> Result<Report, EmulatorError> {
        self.run_into(job, inputs, Vec::new())
    }

    /// [`Emulator::run`] into the outputs of an earlier run of the same job, whose memory is
    /// already mapped; for measurements.
    ///
    /// # Errors
    /// As [`Emulator::run`].
    pub fn run_into(
        &self,
        job: &Job,
        inputs: Vec<Bytes>,
        outputs: Vec<Output>,
    ) -> Result<Report, EmulatorError> {
        let shape = job.schedule.shape();
        let ranks = shape.ranks;
        let span = tracing::info_span!(
            "collective", collective = %shape.collective, ranks, count = job.count, dtype = %job.dtype
        );
        let _collective = span.enter();
        let chunks = job.schedule.chunks(job.count, job.dtype.bytes());
        self.check(job, &chunks, &inputs)?;
        let fixed_ports = in_program_order(&shape, &job.cost);
        // What does not reduce must not be averaged at the end either.
        let op = if shape.collective.reduces() { job.op } else { ReduceOp::Sum };
        // Contended ports serve in order of time: the tasks move the data, this pass gives the times.
        let timed =
            if fixed_ports { None } else { Some(ports::run(&*job.schedule, &chunks, &job.cost)?) };
        let threads = if estimate::is_small(job) { 1 } else { self.workers.len() as u32 + 1 };
        let deliver_at_once = chunks.nominal_bytes(Span::output(0, 1)) >= DELIVER_MIN_BYTES;
        let share = ranks.div_ceil(threads);
        let world = Arc::new(World {
            schedule: Arc::clone(&job.schedule),
            shape,
            chunks,
            results: job.results,
            data: Data { dtype: job.dtype, op, pool: Arc::clone(&self.pool), inputs },
            cost: Arc::clone(&job.cost),
            only_route: job.cost.only_route(),
            in_program_order: fixed_ports,
            offices: Offices::new(ranks.div_ceil(share) as usize, share),
            deliver_at_once,
            trace_steps: tracing::enabled!(tracing::Level::TRACE),
            progress: job.progress.clone(),
        });
        let mut report = self.run_blocks(&world, outputs, &span)?;
        if let Some(timed) = timed {
            report.finish = timed.finish;
        }
        if report.time() == Time::MAX {
            return Err(EngineError::TooLong.into());
        }
        Ok(report)
    }

    /// Runs the first block on the caller's thread and each of the others on a worker.
    fn run_blocks(
        &self,
        world: &Arc<World>,
        outputs: Vec<Output>,
        span: &tracing::Span,
    ) -> Result<Report, EmulatorError> {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = std::mem::take(&mut *kept);
        blocks.resize_with(world.offices.blocks(), Block::default);
        let mut outputs = outputs.into_iter();
        let mut errands = blocks.drain(..).enumerate().map(|(index, mut block)| {
            let (first, ranks) = world.offices.ranks_of(index, world.shape.ranks);
            let outputs: Vec<_> = outputs.by_ref().take(ranks).collect();
            let (world, span) = (Arc::clone(world), span.clone());
            move |runtime: &Runtime| {
                let _alarm = Alarm(&world);
                let run = block.run(Arc::clone(&world), (index, first, ranks), outputs, span);
                let part = runtime.block_on(run);
                (index, block, part)
            }
        });
        let own = errands.next();
        let (sender, received) = channel();
        for (worker, errand) in self.workers.iter().zip(errands) {
            let sender = sender.clone();
            // The receiver is only gone if the caller's block panicked.
            worker.send(move |runtime| drop(sender.send(errand(runtime))));
        }
        drop(sender);
        let own = own.map(|errand| errand(&self.caller));
        let mut done: Vec<(usize, Block, Part)> = own.into_iter().collect();
        done.extend(std::iter::from_fn(|| receive(&received)));
        if done.len() < world.offices.blocks() {
            return Err(EmulatorError::Panic("a worker thread".to_owned()));
        }
        done.sort_unstable_by_key(|(index, ..)| *index);
        let mut report = Report { finish: Vec::new(), outputs: Vec::new(), messages: 0 };
        let (mut blocked, mut fault) = (Vec::new(), None);
        for (_, block, part) in done {
            report.finish.extend(part.finish);
            report.outputs.extend(part.outputs);
            report.messages += part.messages;
            blocked.extend(part.blocked);
            fault = fault.or(part.fault);
            kept.push(block);
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !blocked.is_empty() {
            let count = blocked.len();
            blocked.truncate(8);
            return Err(EmulatorError::Deadlock { count, first: blocked });
        }
        Ok(report)
    }

    fn check(&self, job: &Job, chunks: &Chunks, inputs: &[Bytes]) -> Result<(), EmulatorError> {
        let ranks = job.schedule.shape().ranks;
        if job.cost.fabric.ranks() != ranks {
            return Err(EmulatorError::Ranks { schedule: ranks, fabric: job.cost.fabric.ranks() });
        }
        let needed = Self::memory_needed(job);
        if needed > self.memory_limit {
            let bytes = job.count * job.dtype.bytes();
            return Err(EmulatorError::Memory { ranks, bytes, needed, limit: self.memory_limit });
        }
        if job.results == Results::Sizes {
            return Ok(());
        }
        if chunks.is_joined() && job.op == ReduceOp::Avg || !chunks.are_of_width(job.dtype.bytes())
        {
            return Err(EmulatorError::Joined);
        }
        if inputs.len() != ranks as usize {
            return Err(EmulatorError::Input {
                rank: ranks,
                got: inputs.len() as u64,
                want: u64::from(ranks),
            });
        }
        for (rank, input) in (0..).zip(inputs) {
            let (got, want) = (input.len() as u64, chunks.buffer_bytes(Buf::Input, rank));
            if got != want {
                return Err(EmulatorError::Input { rank, got, want });
            }
        }
        Ok(())
    }
}
