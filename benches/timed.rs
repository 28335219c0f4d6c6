//! Collectives for the engines to time.

use supernode_catalog::{Catalog, End};
use supernode_collectives::{Algorithm, Chunks, Collective, Schedule};
use supernode_engine::tune;
use supernode_fabric::{CostModel, Placement, Profile};

/// Elements of four bytes: 32 MiB.
const ELEMENTS: u64 = 8 << 20;

/// A collective on a machine.
#[derive(Debug)]
pub struct Work {
    /// Its schedule.
    pub schedule: Box<dyn Schedule>,
    /// Its data.
    pub chunks: Chunks,
    /// The machine.
    pub cost: CostModel,
}

impl Work {
    /// An all-reduce of 32 MiB of f32 on the first `ranks` devices of `system`.
    ///
    /// # Panics
    /// As [`Work::of`].
    pub fn new(system: &str, algorithm: Algorithm, ranks: u32) -> Self {
        Self::of(system, algorithm, Collective::AllReduce, ranks)
    }

    /// The same of another collective.
    ///
    /// # Panics
    /// If the catalog has no such system, it has fewer devices, or the algorithm does something else.
    pub fn of(system: &str, algorithm: Algorithm, collective: Collective, ranks: u32) -> Self {
        let catalog = Catalog::builtin().expect("the catalog is sound");
        let system = catalog.system(system).expect("it is in the catalog");
        let chip = catalog.chip_of(system).expect("it is in the catalog");
        let fabric = system.fabric(chip, End::Middle).expect("it has levels");
        let fabric = fabric.place(Placement::Packed, ranks).expect("they fit");
        let rates = system.device_rates(chip, End::Middle).expect("they are known");
        let cost = CostModel::new(fabric, Profile::wire(), rates).expect("it is fast enough");
        let tuning = tune(algorithm, collective, ELEMENTS * 4, &cost, None);
        let schedule = algorithm.schedule(collective, ranks, &tuning).expect("it is defined");
        let chunks = schedule.chunks(ELEMENTS, 4);
        Self { schedule, chunks, cost }
    }
}
