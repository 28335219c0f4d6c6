//! An algorithm of your own as an `async fn`, recorded into a schedule; and the property test that proves
//! it: a ring all-reduce as one writes it with MPI.
//!
//! This example demonstrates in particular: the handle of a rank, recording, proof, and times on a machine.
//! `cargo test -p supernode --example own_program` runs the test.

use supernode::catalog::{Catalog, End};
use supernode::collectives::{Chunks, Collective, Schedule, Shape, Span};
use supernode::emulator::{RankHandle, record};
use supernode::engine::ports;
use supernode::fabric::{CostModel, Placement, Profile};

async fn ring(rank: RankHandle) {
    let (me, n) = (rank.rank(), rank.ranks());
    let (next, previous) = ((me + 1) % n, (me + n - 1) % n);
    let chunk = |step: u32| (me + 2 * n - step) % n;
    rank.copy(Span::input(0, n), Span::output(0, n)).await;
    for step in 0..n - 1 {
        let (src, sum) = (Span::output(chunk(step), 1), Span::output(chunk(step + 1), 1));
        rank.exchange_reduce(next, src, previous, sum, sum).await;
    }
    for step in 0..n - 1 {
        let (src, dst) = (Span::output(chunk(step + n - 1), 1), Span::output(chunk(step + n), 1));
        rank.exchange(next, src, previous, dst).await;
    }
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ranks, bytes) = (64, 64 << 20);
    let schedule = record(Shape::new(Collective::AllReduce, ranks), ring)?;
    let catalog = Catalog::builtin()?;
    let system = catalog.system("gb200-nvl72")?;
    let chip = catalog.chip_of(system)?;
    let fabric = system.fabric(chip, End::Middle)?.place(Placement::Packed, ranks)?;
    let cost = CostModel::new(fabric, Profile::wire(), system.device_rates(chip, End::Middle)?)?;
    let chunks = Chunks::new(schedule.shape(), bytes / 4, 4);
    let timed = ports::run(&schedule, &chunks, &cost)?;
    println!("64 MiB over {ranks} ranks: {} (simulated)", timed.time());
    Ok(())
}

#[cfg(test)]
proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(40))]
    #[test]
    fn is_right_for_any_ranks(ranks in 1_u32..100) {
        use supernode::collectives::prove::{Options, prove};
        let shape = Shape { bit_identical: true, ..Shape::new(Collective::AllReduce, ranks) };
        let proof = prove(&record(shape, ring).expect("no data"), &Options::default()).expect("small");
        assert!(proof.holds(), "{:?}", proof.findings);
        assert_eq!((proof.cost.rounds, proof.cost.sent), (2 * (ranks - 1), 2 * u64::from(ranks - 1)));
    }
}
