//! Runs a job: one tokio task per rank on a runtime of its own.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crossbeam::queue::SegQueue;
use supernode_collectives::{Buf, Chunks, Schedule, Span};
use supernode_engine::{EngineError, in_program_order, ports};
use supernode_fabric::CostModel;
use supernode_units::{DType, ReduceOp, Time};
use tokio::runtime::{Builder, Runtime};
use tracing::Instrument;

use crate::error::EmulatorError;
use crate::estimate;
use crate::mailbox::Mailboxes;
use crate::memory::{Output, Results};
use crate::payload::{Arithmetic, Pool};
use crate::rank::{Machine, Queues, World};
use crate::settle::settle;
use crate::task::{Finished, run_rank};
use crate::timing::Clock;

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

/// Worker threads and buffers, kept from run to run.
#[derive(Debug)]
pub struct Emulator {
    workers: Runtime,
    /// Runs small jobs on the caller's thread: waking another costs more than they do.
    caller: Runtime,
    pool: Arc<Pool>,
    /// Queues of earlier runs, one set per rank.
    queues: SegQueue<Queues>,
    /// Mailboxes of the last run, for the next one of as many ranks.
    mailboxes: Mutex<Option<Mailboxes>>,
    memory_limit: u64,
}

/// Messages of at least this many bytes are delivered one by one: a lock costs nothing beside them.
const DELIVER_MIN_BYTES: u64 = 16 << 10;

impl Emulator {
    /// An emulator on `workers` threads that may use `memory_limit` bytes.
    ///
    /// # Errors
    /// When the host cannot start the threads.
    pub fn new(workers: usize, memory_limit: u64) -> Result<Self, EmulatorError> {
        let workers = Builder::new_multi_thread()
            .worker_threads(workers.max(1))
            .thread_name("supernode-worker")
            .build()?;
        Ok(Self {
            workers,
            caller: Builder::new_current_thread().build()?,
            pool: Arc::default(),
            queues: SegQueue::new(),
            mailboxes: Mutex::new(None),
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
        let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
        self.check(job, chunks, &inputs)?;
        let fixed_ports = in_program_order(&shape, &job.cost);
        // What does not reduce must not be averaged at the end either.
        let op = if shape.collective.reduces() { job.op } else { ReduceOp::Sum };
        // Contended ports serve in order of time: the tasks move the data, this pass gives the times.
        let timed =
            if fixed_ports { None } else { Some(ports::run(&*job.schedule, &chunks, &job.cost)?) };
        let world = Arc::new(World {
            schedule: Arc::clone(&job.schedule),
            chunks,
            math: Arithmetic { dtype: job.dtype, op },
            pool: Arc::clone(&self.pool),
            inputs,
            mailboxes: self.mailboxes(ranks),
            deliver_at_once: chunks.nominal_bytes(Span::output(0, 1)) >= DELIVER_MIN_BYTES,
            trace_steps: tracing::enabled!(tracing::Level::TRACE),
        });
        let runtime = if estimate::is_small(job) { &self.caller } else { &self.workers };
        let mut reusable = outputs.into_iter();
        let tasks: Vec<_> = (0..ranks)
            .map(|rank| {
                let output = (job.results, reusable.next());
                let clock = fixed_ports.then(|| Clock::new(Arc::clone(&job.cost), rank));
                let queues = self.queues.pop().unwrap_or_default();
                let machine = Machine::new(&world, rank, output, clock, queues);
                let task = run_rank(Arc::clone(&world), machine, rank, job.progress.clone());
                runtime.spawn(task.instrument(span.clone()))
            })
            .collect();
        let mut report = runtime.block_on(self.collect(tasks, chunks))?;
        if let Some(world) = Arc::into_inner(world) {
            *self.last_mailboxes() = Some(world.mailboxes);
        }
        if let Some(timed) = timed {
            report.finish = timed.finish;
        }
        if report.time() == Time::MAX {
            return Err(EngineError::TooLong.into());
        }
        Ok(report)
    }

    async fn collect(
        &self,
        tasks: Vec<tokio::task::JoinHandle<Finished>>,
        chunks: Chunks,
    ) -> Result<Report, EmulatorError> {
        let mut report = Report {
            finish: Vec::with_capacity(tasks.len()),
            outputs: Vec::with_capacity(tasks.len()),
            messages: 0,
        };
        let mut held = Vec::with_capacity(tasks.len());
        let mut blocked = Vec::new();
        let mut fault = None;
        for task in tasks {
            let done = match task.await {
                Ok(done) => done,
                Err(error) => {
                    fault = Some(EmulatorError::Panic(error.to_string()));
                    continue;
                }
            };
            report.finish.push(done.time);
            report.outputs.push(done.output);
            held.push(done.held);
            report.messages += done.messages;
            self.queues.push(done.queues);
            blocked.extend(done.waiting);
            fault = fault.or(done.fault);
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !blocked.is_empty() {
            let count = blocked.len();
            blocked.truncate(8);
            return Err(EmulatorError::Deadlock { count, first: blocked });
        }
        settle(chunks, &mut report.outputs, &held, self.workers.metrics().num_workers());
        Ok(report)
    }

    fn mailboxes(&self, ranks: u32) -> Mailboxes {
        match self.last_mailboxes().take() {
            Some(mut last) if last.ranks() == ranks => {
                last.reset();
                last
            }
            _ => Mailboxes::new(ranks),
        }
    }

    fn last_mailboxes(&self) -> MutexGuard<'_, Option<Mailboxes>> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, job: &Job, chunks: Chunks, inputs: &[Bytes]) -> Result<(), EmulatorError> {
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
