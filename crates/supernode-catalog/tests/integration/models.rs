//! From every system to a fabric.

use supernode_catalog::{Catalog, CatalogError, End};
use supernode_fabric::{CostModel, Placement, Profile};
use supernode_units::Confidence;

#[test]
fn every_system_makes_a_fabric_or_names_what_is_missing() {
    let catalog = Catalog::builtin().unwrap();
    let mut missing = Vec::new();
    for system in catalog.systems() {
        let chip = catalog.chip_of(system).unwrap();
        for end in [End::Best, End::Middle, End::Worst] {
            match system.fabric(chip, end) {
                Ok(fabric) => assert_eq!(fabric.devices(), system.chips() * chip.devices),
                Err(CatalogError::Missing { path, .. }) if end == End::Middle => missing.push(path),
                Err(CatalogError::Missing { .. }) => {}
                Err(other) => panic!("{}: {other}", system.id),
            }
        }
    }
    assert_eq!(missing, ["vr-nvl576.rack.bandwidth"]);
}

#[test]
fn the_best_end_is_never_slower() {
    let catalog = Catalog::builtin().unwrap();
    for system in catalog.systems() {
        let chip = catalog.chip_of(system).unwrap();
        let model = |end| {
            let fabric = system.fabric(chip, end).ok()?.place(Placement::Packed, 0).ok();
            let fabric = fabric.or_else(|| system.fabric(chip, end).ok())?;
            let rates = system.device_rates(chip, end).ok()?;
            CostModel::new(fabric, Profile::wire(), rates).ok()
        };
        let ends = [End::Best, End::Middle, End::Worst].map(model);
        let [Some(best), Some(middle), Some(worst)] = ends else { continue };
        let last = best.fabric.ranks() - 1;
        for to in [1.min(last), last / 2, last] {
            let route = |model: &CostModel| model.route(0, to);
            assert!(route(&best).latency <= route(&middle).latency, "{}", system.id);
            assert!(route(&middle).latency <= route(&worst).latency, "{}", system.id);
            for bytes in [1_u64, 1 << 20, 1 << 30] {
                let busy = |model: &CostModel| model.occupancy(&route(model), bytes, 3);
                assert!(busy(&best) <= busy(&middle), "{}", system.id);
                assert!(busy(&middle) <= busy(&worst), "{}", system.id);
            }
        }
    }
}

#[test]
fn replication_uses_the_scale_out_network() {
    let catalog = Catalog::builtin().unwrap();
    let system = catalog.system("dgx-h100").unwrap();
    let chip = catalog.chip_of(system).unwrap();
    let pair = system.replicated(chip, 2, End::Middle).unwrap();
    assert_eq!(pair.devices(), 16);
    assert_eq!(pair.route(0, 1).level, 0);
    assert_eq!(pair.route(0, 8).level, 1);
    assert!(pair.route(0, 8).rate < pair.route(0, 1).rate);
    // A cluster grows at its outermost level.
    let colossus = catalog.system("colossus").unwrap();
    let chip = catalog.chip_of(colossus).unwrap();
    let two = colossus.replicated_config(chip, 2, End::Middle).unwrap();
    assert_eq!(two.levels.last().unwrap().size, 2 * 25_000);
    assert_eq!(colossus.scale_up_chips(), 8);
}

#[test]
fn a_machine_without_scale_out_cannot_be_replicated() {
    let mut catalog = Catalog::builtin().unwrap();
    let text = "[system.lonely]\nname = \"Lonely\"\nvendor = \"us\"\nkind = \"server\"\nyear = 2026\n\
                status = \"imagined\"\nchip = \"h100\"\nchips = 4\nsource = \"us\"\n\
                confidence = \"user\"\n[[system.lonely.level]]\nname = \"node\"\nkind = \"switch\"\n\
                size = 4\nbandwidth = \"100GB/s\"\nlatency = \"1us\"\n";
    assert_eq!(catalog.add("lonely.toml", text).unwrap(), ["lonely"]);
    let system = catalog.system("lonely").unwrap();
    let chip = catalog.chip_of(system).unwrap();
    assert!(system.replicated(chip, 1, End::Best).is_ok());
    let error = system.replicated(chip, 2, End::Best).unwrap_err().to_string();
    assert!(error.contains("`lonely.scale-out.bandwidth` is unknown"), "{error}");
}

#[test]
fn unknown_engines_ask_for_the_memory_bandwidth_that_both_follow_from() {
    let mut catalog = Catalog::builtin().unwrap();
    catalog.set("dgx-h100", "h100.memory.bandwidth", "unknown").unwrap();
    let rates = |catalog: &Catalog| {
        let system = catalog.system("dgx-h100").unwrap();
        system.device_rates(catalog.chip_of(system).unwrap(), End::Middle)
    };
    let error = rates(&catalog).unwrap_err().to_string();
    assert!(error.contains("--set h100.memory.bandwidth=3TB/s"), "{error}");
    catalog.set("dgx-h100", "h100.memory.bandwidth", "3TB/s").unwrap();
    assert!(rates(&catalog).is_ok());
}

#[test]
fn ranges_say_whose_they_are() {
    let mut catalog = Catalog::builtin().unwrap();
    catalog.set("dgx-h100", "node.bandwidth", "300GB/s..400GB/s").unwrap();
    let ranges = catalog.system("dgx-h100").unwrap().ranges();
    let of = |path: &str| ranges.iter().find(|range| range.path == path).unwrap();
    assert_eq!(of("node.bandwidth").confidence, Some(Confidence::User));
    assert_eq!(of("node.bandwidth").note, "");
    assert_eq!(of("node.latency").confidence, Some(Confidence::Modelled));
}
