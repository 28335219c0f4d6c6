//! How much faster is an emulated all-reduce than Open MPI's on the same machine, same data?
//!
//! Both reduce f32 in shared memory, with an output of its own for every rank; the figure is the
//! least time over the repetitions. The emulator runs the algorithm that `auto` picks; Open MPI runs
//! each of its own, and its best counts. Without Open MPI only the emulator's times are printed.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::process::Command;
use std::time::Duration;

use supernode_benches::jobs::{Prepared, time};
use supernode_collectives::Collective;
use supernode_emulator::Results;
use supernode_engine::fastest;

const RANKS: [u32; 6] = [2, 4, 8, 16, 32, 64];
const BYTES: [u64; 4] = [1 << 10, 64 << 10, 1 << 20, 16 << 20];

fn repetitions(ranks: u32) -> u32 {
    if ranks <= 16 { 20 } else { 5 }
}

/// Open MPI's best time per size, with the algorithm; none where it is not installed.
fn open_mpi(ranks: u32) -> Option<Vec<(f64, String)>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/rivals/open_mpi.sh");
    let output = Command::new(script)
        .args([ranks.to_string(), repetitions(ranks).to_string()])
        .args(BYTES.map(|bytes| bytes.to_string()))
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let rows: Vec<(u64, String, f64)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',');
            let (bytes, algorithm) = (fields.next()?.parse().ok()?, fields.next()?.to_owned());
            Some((bytes, algorithm, fields.next()?.parse().ok()?))
        })
        .collect();
    let best = |size| {
        let of_size = rows.iter().filter(|(bytes, ..)| *bytes == size);
        of_size
            .min_by(|a, b| a.2.total_cmp(&b.2))
            .map(|(_, algorithm, us)| (*us, algorithm.clone()))
    };
    BYTES.into_iter().map(best).collect()
}

fn emulated(ranks: u32, bytes: u64) -> (f64, String) {
    let cost = supernode_benches::jobs::switch(ranks);
    let (algorithm, ..) = fastest(Collective::AllReduce, bytes, &cost, None);
    let mut job = Prepared::new(algorithm, ranks, bytes, Results::Own);
    let least: Option<Duration> = (0..5 * repetitions(ranks)).map(|_| time(|| job.run())).min();
    (least.unwrap_or_default().as_secs_f64() * 1e6, algorithm.to_string())
}

fn main() {
    println!("least microseconds of an f32 all-reduce; all ranks on this machine");
    println!(
        "{:>5} {:>9}  {:>11} {:20}  {:>11} {:20} {:>6}",
        "ranks", "bytes", "supernode", "algorithm", "Open MPI", "algorithm", "ratio"
    );
    for ranks in RANKS {
        let rival = open_mpi(ranks);
        for (index, bytes) in BYTES.into_iter().enumerate() {
            let (us, algorithm) = emulated(ranks, bytes);
            print!("{ranks:5} {bytes:9}  {us:11.1} {algorithm:20}");
            match rival.as_ref().map(|rows| &rows[index]) {
                Some((theirs, name)) => println!("  {theirs:11.1} {name:20} {:6.1}", theirs / us),
                None => println!("  not installed"),
            }
        }
    }
}
