//! Probe.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "probe"
)]
use std::sync::Arc;
use std::time::Instant;
use supernode_collectives::{Algorithm, Chunks, Collective, Tuning};
use supernode_emulator::{Emulator, InputSpec, Job, Results, count_wrong};
use supernode_fabric::*;
use supernode_units::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let ranks: u32 = args[1].parse().unwrap();
    let bytes: u64 = args[2].parse::<MessageSize>().unwrap().bytes();
    let workers: usize = args[3].parse().unwrap();
    let results = match args[4].as_str() {
        "own" => Results::Own,
        "shared" => Results::Shared,
        _ => Results::Sizes,
    };
    let iters: usize = args[5].parse().unwrap();
    let algo: Algorithm = args.get(6).map_or("ring", |s| s).parse().unwrap();
    let level = Level {
        name: "node".into(),
        kind: LevelKind::Switch,
        size: ranks,
        bandwidth: Bandwidth::from_gb_per_s(450),
        port_group: "node".into(),
        latency: Time::from_us(1),
        hop: Hop::default(),
        efficiency_ppm: 820_000,
        fan_out_loss_ppm: 0,
        in_switch: Some(InSwitch { rate: Bandwidth::from_gb_per_s(274) }),
    };
    let fabric = Fabric::new(FabricConfig { levels: vec![level], device_bandwidth: None }).unwrap();
    let rates = DeviceRates {
        reduce: Bandwidth::from_gb_per_s(1000),
        copy: Bandwidth::from_gb_per_s(1500),
    };
    let cost = Arc::new(CostModel::new(fabric, Profile::wire(), rates).unwrap());
    let schedule: Arc<dyn supernode_collectives::Schedule> =
        Arc::from(algo.schedule(Collective::AllReduce, ranks, &Tuning::default()).unwrap());
    let job = Job {
        schedule: schedule.clone(),
        count: bytes / 4,
        dtype: DType::F32,
        op: ReduceOp::Sum,
        cost,
        results,
        progress: None,
    };
    let shape = schedule.shape();
    let spec = InputSpec {
        shape,
        chunks: Chunks::new(shape, job.count, 4),
        dtype: DType::F32,
        op: ReduceOp::Sum,
        seed: 1,
    };
    let t = Instant::now();
    let inputs = if results == Results::Sizes { vec![] } else { spec.generate_all(2) };
    println!("generate {:.3} s", t.elapsed().as_secs_f64());
    let emu = Emulator::new(workers, 20 << 30).unwrap();
    let mut outputs = Vec::new();
    for _ in 0..iters {
        let t = Instant::now();
        let r = emu.run_into(&job, inputs.clone(), std::mem::take(&mut outputs)).unwrap();
        let s = t.elapsed().as_secs_f64();
        println!(
            "run {:.6} s, {} messages, {:.1} ns/message, virtual {}; {:.1} GB/s of input",
            s,
            r.messages,
            s * 1e9 / r.messages as f64,
            r.time(),
            ranks as f64 * bytes as f64 / s / 1e9
        );
        outputs = r.outputs;
    }
    if results != Results::Sizes {
        let t = Instant::now();
        println!(
            "wrong {} ({:.3} s)",
            count_wrong(&spec, &inputs, &outputs, 2),
            t.elapsed().as_secs_f64()
        );
    }
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
    );
}
