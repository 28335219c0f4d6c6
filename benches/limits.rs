//! How close is an emulated all-reduce to what the machine can do at all?
//!
//! Sixty-four ranks, 16 MiB of f32 each, a ring on two threads, buffers touched beforehand. In every
//! round each candidate runs once, so that all of them meet the same neighbours on a shared machine:
//! the emulator with own and with shared results, the bare loops of [`supernode_benches::bare`], and
//! a STREAM copy that gives the memory bandwidth. Printed are the medians of the ratios of a round.
//!
//! (a) is the floor: N x B bytes in and N x B bytes out (in only, where results are shared) at
//! STREAM bandwidth. (b) is the bare loop.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;

use supernode_benches::bare;
use supernode_benches::jobs::{Prepared, time};
use supernode_collectives::Algorithm;
use supernode_emulator::Results;

const RANKS: u32 = 64;
const BYTES: usize = 16 << 20;
const ROUNDS: usize = 15;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let ranks = RANKS as usize;
    let mut own = Prepared::new(Algorithm::Ring, RANKS, BYTES as u64, Results::Own);
    let mut shared = Prepared::new(Algorithm::Ring, RANKS, BYTES as u64, Results::Shared);
    let inputs = own.inputs.clone();
    let mut result = vec![1_u8; BYTES];
    let mut outputs = vec![vec![1_u8; BYTES]; ranks];
    let (mut to, from) = (vec![1_u8; 16 * BYTES], vec![2_u8; 16 * BYTES]);

    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let moved = 2.0 * from.len() as f64;
        let stream = moved / time(|| bare::stream(&mut to, black_box(&from))).as_secs_f64();
        let emulated_own = time(|| own.run()).as_secs_f64();
        let bare_own = time(|| bare::all_reduce(&inputs, &mut result, &mut outputs)).as_secs_f64();
        let emulated_shared = time(|| shared.run()).as_secs_f64();
        let bare_shared = time(|| bare::all_reduce(&inputs, &mut result, &mut [])).as_secs_f64();
        black_box(&result);
        // The first round maps and warms.
        if round > 0 {
            rounds.push([stream, emulated_own, bare_own, emulated_shared, bare_shared]);
        }
    }
    let column = |index: usize| median(rounds.iter().map(|round| round[index]).collect());
    let bytes = (ranks * BYTES) as f64;
    let share = |of: fn(&[f64; 5], f64) -> f64| {
        100.0 * median(rounds.iter().map(|round| of(round, bytes)).collect())
    };
    println!("64 ranks x 16 MiB f32, ring, 2 threads, medians of {ROUNDS} rounds");
    println!("STREAM copy            {:7.1} GB/s", column(0) / 1e9);
    println!("results   emulated ms   bare ms   % of bare loop (b)   % of floor (a)");
    let (of_bare, of_floor) = (share(|r, _| r[2] / r[1]), share(|r, n| 2.0 * n / r[0] / r[1]));
    println!(
        "own       {:11.1}   {:7.1}   {of_bare:18.1}   {of_floor:14.1}",
        column(1) * 1e3,
        column(2) * 1e3
    );
    let (of_bare, of_floor) = (share(|r, _| r[4] / r[3]), share(|r, n| n / r[0] / r[3]));
    println!(
        "shared    {:11.1}   {:7.1}   {of_bare:18.1}   {of_floor:14.1}",
        column(3) * 1e3,
        column(4) * 1e3
    );
}
