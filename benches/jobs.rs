//! An all-reduce on an ideal switch, ready to run again and again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use supernode_collectives::{Algorithm, Chunks, Collective};
use supernode_emulator::{Emulator, InputSpec, Job, Output, Results};
use supernode_engine::tune;
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile,
};
use supernode_units::{Bandwidth, DType, ReduceOp, Time};

/// Worker threads of every measurement: the machines have two cores.
pub const THREADS: usize = 2;

/// Host time of `run`, which is what a bench is about; everywhere else it is banned.
pub fn time(run: impl FnOnce()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a bench measures host time")]
    let start = std::time::Instant::now();
    run();
    start.elapsed()
}

/// `ranks` devices on one switch, as fast as an H100's and as far, that does not reduce.
///
/// # Panics
/// Never: the switch is possible.
pub fn switch(ranks: u32) -> CostModel {
    let level = Level {
        name: "node".into(),
        kind: LevelKind::Switch,
        size: ranks,
        bandwidth: Bandwidth::from_gb_per_s(450),
        port_group: "node".into(),
        latency: Time::from_ns(700),
        hop: Hop::default(),
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: None,
    };
    let config = FabricConfig { levels: vec![level], device_bandwidth: None };
    let fabric = Fabric::new(config).expect("a switch is possible");
    let rate = Bandwidth::from_gb_per_s(1_000);
    let rates = DeviceRates { reduce: rate, copy: rate };
    CostModel::new(fabric, Profile::wire(), rates).expect("the switch is fast enough")
}

/// A job with its inputs, and with outputs whose memory is mapped already.
#[derive(Debug)]
pub struct Prepared {
    /// The emulator, with queues and buffers of the first run.
    pub emulator: Emulator,
    /// What is run.
    pub job: Job,
    /// Inputs of all ranks.
    pub inputs: Vec<Bytes>,
    outputs: Vec<Output>,
    /// Messages of one run.
    pub messages: u64,
}

impl Prepared {
    /// An f32 sum of `bytes` bytes among `ranks` ranks, run twice to warm up.
    ///
    /// # Panics
    /// If the algorithm has no all-reduce or the host no threads.
    pub fn new(algorithm: Algorithm, ranks: u32, bytes: u64, results: Results) -> Self {
        let cost = switch(ranks);
        let tuning = tune(algorithm, Collective::AllReduce, bytes, &cost, None);
        let schedule =
            algorithm.schedule(Collective::AllReduce, ranks, &tuning).expect("it is defined");
        let job = Job {
            schedule: Arc::from(schedule),
            count: bytes / 4,
            dtype: DType::F32,
            op: ReduceOp::Sum,
            cost: Arc::new(cost),
            results,
            progress: None,
        };
        let shape = job.schedule.shape();
        let chunks = Chunks::new(shape, job.count, 4);
        let spec = InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed: 1 };
        let emulator = Emulator::new(THREADS, u64::MAX).expect("threads start");
        let inputs =
            if results == Results::Sizes { Vec::new() } else { spec.generate_all(THREADS) };
        let mut prepared = Self { emulator, job, inputs, outputs: Vec::new(), messages: 0 };
        prepared.run();
        prepared.run();
        prepared
    }

    /// Runs the job once, into the outputs of the run before.
    ///
    /// # Panics
    /// If the job fails: a bug.
    pub fn run(&mut self) {
        let outputs = std::mem::take(&mut self.outputs);
        let report =
            self.emulator.run_into(&self.job, self.inputs.clone(), outputs).expect("the job runs");
        self.messages = report.messages;
        self.outputs = report.outputs;
    }
}
