//! Catalog systems as cost models.

use supernode::catalog::{Catalog, End};
use supernode::collectives::{Algorithm, Chunks, Collective};
use supernode::engine::{ports, tune};
use supernode::fabric::{CostModel, Placement, Profile};

/// The first `ranks` devices of a catalog system, in the middle of its ranges.
pub(crate) fn cost(system: &str, ranks: u32, profile: Profile) -> CostModel {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let system = catalog.system(system).expect("a known system");
    let chip = catalog.chip_of(system).expect("a known chip");
    let fabric = system.fabric(chip, End::Middle).expect("nothing is missing");
    let fabric = fabric.place(Placement::Packed, ranks).expect("there is room");
    let rates = system.device_rates(chip, End::Middle).expect("nothing is missing");
    CostModel::new(fabric, profile, rates).expect("fast enough")
}

/// Simulated microseconds by the time-ordered engine, as the command tunes the algorithm.
pub(crate) fn micros(
    algorithm: Algorithm,
    collective: Collective,
    bytes: u64,
    cost: &CostModel,
) -> f64 {
    let tuning = tune(algorithm, collective, bytes, cost, None);
    let schedule =
        algorithm.schedule(collective, cost.fabric.ranks(), &tuning).expect("it is defined");
    let chunks = Chunks::new(schedule.shape(), bytes / 4, 4);
    ports::run(&*schedule, &chunks, cost).expect("it ends").time().as_us_f64()
}

/// busbw in GB/s as nccl-tests defines it.
pub(crate) fn busbw(
    algorithm: Algorithm,
    collective: Collective,
    bytes: u64,
    cost: &CostModel,
) -> f64 {
    let (numerator, denominator) = collective.busbw_factor(cost.fabric.ranks());
    let seconds = micros(algorithm, collective, bytes, cost) / 1e6;
    bytes as f64 / seconds * numerator as f64 / denominator as f64 / 1e9
}
