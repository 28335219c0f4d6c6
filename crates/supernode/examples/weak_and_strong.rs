//! All-reduce over all chips of two machines, by size: 8,192 weaker ones and 72 stronger ones.
//!
//! This example demonstrates in particular: closed forms at any size, both ends of every range that
//! nobody published, and the choice of the algorithm.

use supernode::catalog::{Catalog, End};
use supernode::collectives::Collective;
use supernode::engine::fastest;
use supernode::fabric::{CostModel, Placement, Profile};
use supernode::units::MessageSize;

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Catalog::builtin()?;
    for id in ["atlas-950-superpod", "vr-nvl144"] {
        let system = catalog.system(id)?;
        let chip = catalog.chip_of(system)?;
        println!("{id}");
        for bytes in [64 << 10, 4 << 20, 256 << 20] {
            print!("  {:>8}", MessageSize::new(bytes).to_string());
            for end in [End::Best, End::Worst] {
                let fabric = system.fabric(chip, end)?;
                let ranks = fabric.devices();
                let fabric = fabric.place(Placement::Packed, ranks)?;
                let rates = system.device_rates(chip, end)?;
                let cost = CostModel::new(fabric, Profile::wire(), rates)?;
                let (algorithm, _, time) = fastest(Collective::AllReduce, bytes, &cost, None);
                print!("  {:>10} {:14}", time.to_string(), algorithm.to_string());
            }
            println!();
        }
    }
    Ok(())
}
