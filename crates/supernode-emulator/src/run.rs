//! Runs a job: one tokio task per rank on a runtime of its own.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::task::Poll;

use bytes::Bytes;
use crossbeam::queue::SegQueue;
use supernode_collectives::{Buf, Chunks, Rank, Schedule, Span};
use supernode_engine::{EngineError, in_program_order, ports};
use supernode_fabric::CostModel;
use supernode_units::{DType, ReduceOp, Time};
use tokio::runtime::{Builder, Runtime};

use crate::error::{EmulatorError, Waiting};
use crate::mailbox::Mailboxes;
use crate::memory::{Memory, Output, Results};
use crate::payload::{Arithmetic, Pool};
use crate::rank::{Machine, Progress, Queues, World};
use crate::settle::settle;
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

/// What a rank needs beside its buffers: task, machine, mailbox and a turn of messages, in bytes.
const RANK_BYTES: u64 = 40 << 10;
/// A message under way, in queues that double as they grow, with the header of its buffer.
const MESSAGE_BYTES: u64 = 384;
/// Jobs expected to take less run on the caller's thread: another takes 50 us to wake, and messages
/// that change threads cost twice as much.
const CALLER_MAX_NS: u64 = 600_000;
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
    ///
    /// Input, output and scratch of every rank, its messages under way, and the values that ranks
    /// hold for themselves: a copy of the output where chunks are large (which ranks may share, but
    /// need not), and what is copied out of a buffer that may change while it is being sent.
    pub fn memory_needed(job: &Job) -> u64 {
        let shape = job.schedule.shape();
        let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
        let in_flight = job.schedule.in_flight();
        let buffer = |buf| chunks.buffer_bytes(buf, 0);
        let output = buffer(Buf::Output);
        let data = if job.results == Results::Sizes {
            0
        } else {
            let slots = match job.results {
                Results::Own if Memory::has_slots(chunks) => output,
                Results::Own | Results::Sizes => 0,
                // Chunks are shared, but each rank holds a reference to each.
                Results::Shared => u64::from(shape.output_chunks) * size_of::<Bytes>() as u64,
            };
            let chunk = chunks.nominal_bytes(Span::output(0, 1)).next_power_of_two();
            let copies = in_flight.saturating_mul(chunk).min(output.saturating_mul(2));
            let buffers = buffer(Buf::Input).saturating_add(buffer(Buf::Scratch));
            buffers.saturating_add(output).saturating_add(slots).saturating_add(copies)
        };
        let messages = in_flight.saturating_mul(MESSAGE_BYTES);
        let rank = data.saturating_add(RANK_BYTES).saturating_add(messages);
        let tasks = rank.saturating_mul(u64::from(shape.ranks));
        if in_program_order(&shape, &job.cost) {
            return tasks;
        }
        tasks.saturating_add(ports::memory_needed(&*job.schedule, &job.cost))
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
        let _collective = tracing::info_span!(
            "collective", collective = %shape.collective, ranks, count = job.count, dtype = %job.dtype
        )
        .entered();
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
        let small = host_nanoseconds(job, chunks) < CALLER_MAX_NS;
        let runtime = if small { &self.caller } else { &self.workers };
        let mut reusable = outputs.into_iter();
        let tasks: Vec<_> = (0..ranks)
            .map(|rank| {
                let output = (job.results, reusable.next());
                let clock = fixed_ports.then(|| Clock::new(Arc::clone(&job.cost), rank));
                let queues = self.queues.pop().unwrap_or_default();
                let machine = Machine::new(&world, rank, output, clock, queues);
                runtime.spawn(run_rank(Arc::clone(&world), machine, rank, job.progress.clone()))
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

/// A rough guess of the host time a run takes on one thread: 50 ns a step, 16 GB/s of chunks.
fn host_nanoseconds(job: &Job, chunks: Chunks) -> u64 {
    let shape = job.schedule.shape();
    let steps: u64 = (0..shape.lanes).map(|lane| u64::from(job.schedule.steps(0, lane))).sum();
    let bytes = match job.results {
        Results::Sizes => 0,
        Results::Own | Results::Shared => chunks.nominal_bytes(Span::output(0, 1)),
    };
    (u64::from(shape.ranks) * steps).saturating_mul(50 + bytes / 16)
}

/// What a rank's task leaves behind.
struct Finished {
    output: Output,
    held: Vec<Bytes>,
    time: Time,
    messages: u64,
    queues: Queues,
    waiting: Option<Waiting>,
    fault: Option<EmulatorError>,
}

async fn run_rank(
    world: Arc<World>,
    mut machine: Machine,
    rank: Rank,
    progress: Option<Arc<AtomicU64>>,
) -> Finished {
    let guard = Guard(Arc::clone(&world));
    let mut shown = 0;
    let (mut waiting, mut fault) = (None, None);
    loop {
        let state = machine.advance(&world);
        if let Some(progress) = &progress {
            let messages = machine.queues.messages();
            progress.fetch_add(messages - shown, Ordering::Relaxed);
            shown = messages;
        }
        match state {
            Progress::Finished => break,
            Progress::Failed => {
                fault = machine.take_fault();
                break;
            }
            Progress::Blocked { needed } => {
                // Others first: what they send meanwhile is then taken in one go. Waiting at once
                // would wake this rank for every single message.
                yield_turn().await;
                let arrived = &mut machine.queues.arrived;
                if !world.mailboxes.wait(rank, needed, arrived).await {
                    waiting = machine.waiting(&world);
                    break;
                }
            }
            Progress::Yield => {
                yield_turn().await;
                world.mailboxes.collect(rank, &mut machine.queues.arrived);
            }
        }
        machine.queues.accept();
    }
    drop(guard);
    let messages = machine.queues.messages();
    let ((output, held), time, queues) = machine.finish(world.schedule.shape().ranks);
    Finished { output, held, time, messages, queues, waiting, fault }
}

/// Tells the others that a rank is done; one that panicked must not keep them waiting for ever.
struct Guard(Arc<World>);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.mailboxes.give_up();
        }
        self.0.mailboxes.finish();
    }
}

/// Goes to the back of the worker's queue. `tokio::task::yield_now` would wait until the queue is
/// empty and the I/O driver was asked, which serves fairness that nobody here needs.
async fn yield_turn() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
