//! Runs every algorithm's all-reduce on real data on one machine and checks each result.
//!
//! This example demonstrates in particular: a machine from the catalog, tuning, the emulator, and
//! the check against a plain reference.

use std::sync::Arc;

use supernode::catalog::{Catalog, End};
use supernode::collectives::{Algorithm, Chunks, Collective};
use supernode::emulator::{Emulator, InputSpec, Job, Results, count_wrong};
use supernode::engine::tune;
use supernode::fabric::{CostModel, Placement, Profile};
use supernode::units::{DType, ReduceOp};

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ranks, bytes) = (32, 1 << 20);
    let catalog = Catalog::builtin()?;
    let system = catalog.system("gb200-nvl72")?;
    let chip = catalog.chip_of(system)?;
    let fabric = system.fabric(chip, End::Middle)?.place(Placement::Packed, ranks)?;
    let cost = CostModel::new(fabric, Profile::wire(), system.device_rates(chip, End::Middle)?)?;
    let emulator = Emulator::new(2, 4 << 30)?;

    for algorithm in Algorithm::ALL {
        let tuning = tune(algorithm, Collective::AllReduce, bytes, &cost, None);
        let schedule = algorithm.schedule(Collective::AllReduce, ranks, &tuning)?;
        let job = Job {
            schedule: Arc::from(schedule),
            count: bytes / 4,
            dtype: DType::F32,
            op: ReduceOp::Sum,
            cost: Arc::new(cost.clone()),
            results: Results::Own,
            progress: None,
        };
        let shape = job.schedule.shape();
        let chunks = Chunks::new(shape, job.count, 4);
        let spec = InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed: 0 };
        let inputs = spec.generate_all(2);
        let report = emulator.run(&job, inputs.clone())?;
        let wrong = count_wrong(&spec, &inputs, &report.outputs, 2);
        println!(
            "{algorithm:20} {:>10} {:7} messages, {wrong} wrong",
            report.time(),
            report.messages
        );
    }
    Ok(())
}
