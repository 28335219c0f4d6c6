//! What is in the catalog, and by which names it is found.

use std::collections::BTreeSet;

use supernode_catalog::Catalog;

const CHIPS: [&str; 27] = [
    "rtx-pro-6000d",
    "h20",
    "h100",
    "h200",
    "h800",
    "a100",
    "b200",
    "gb200",
    "gb300",
    "rubin-2025",
    "rubin-2026",
    "ascend-910b",
    "ascend-910c",
    "ascend-950pr",
    "ascend-950dt",
    "ascend-960",
    "ascend-970",
    "mlu290",
    "mlu590",
    "mlu690",
    "mi300x",
    "mi355x",
    "mi455x",
    "tpu-v4",
    "tpu7x",
    "trn2",
    "trn3",
];

const SYSTEMS: [&str; 27] = [
    "dgx-a100",
    "dgx-h100",
    "hgx-h200",
    "hgx-b200",
    "gb200-nvl72",
    "gb300-nvl72",
    "vr-nvl144",
    "vr-nvl72",
    "vr-nvl576",
    "colossus",
    "colossus-2",
    "cloudmatrix-384",
    "atlas-900-supercluster",
    "atlas-950-superpod",
    "atlas-950-superpod-1024",
    "atlas-950-supercluster",
    "atlas-960-superpod",
    "atlas-960-supercluster",
    "mi300x-x8",
    "helios",
    "tpu-v4-pod",
    "ironwood-pod",
    "trn2-ultraserver",
    "trn3-ultraserver",
    "ub-mesh-superpod",
    "mlu590-x8",
    "rtx-pro-6000d-x8",
];

#[test]
fn the_chips_and_systems_of_the_field_are_there() {
    let catalog = Catalog::builtin().unwrap();
    for id in CHIPS {
        assert_eq!(catalog.chip(id).unwrap().id, id);
    }
    for id in SYSTEMS {
        assert_eq!(catalog.system(id).unwrap().id, id);
    }
    assert_eq!((catalog.chips().count(), catalog.systems().count()), (40, 40));
}

#[test]
fn counts_are_packages_and_levels_multiply_to_them() {
    let catalog = Catalog::builtin().unwrap();
    let chips = |id: &str| catalog.system(id).unwrap().chips();
    assert_eq!(chips("atlas-950-superpod"), 8_192);
    assert_eq!(chips("atlas-950-supercluster"), 524_288);
    assert_eq!(chips("atlas-960-superpod"), 15_488);
    assert_eq!(chips("atlas-960-supercluster"), 68 * 15_488);
    assert_eq!(chips("cloudmatrix-384"), 384);
    // NVL144 counts dies.
    let rack = catalog.system("vr-nvl144").unwrap();
    assert_eq!((rack.chips(), catalog.chip_of(rack).unwrap().dies), (72, 2));
    for system in catalog.systems() {
        let product: u32 = system.levels.iter().map(supernode_catalog::LevelSpec::size).product();
        assert_eq!(product, system.chips(), "{}", system.id);
    }
}

#[test]
fn aliases_are_unique_and_find_their_system() {
    let catalog = Catalog::builtin().unwrap();
    let mut names = BTreeSet::new();
    for system in catalog.systems() {
        for name in system.aliases.iter().chain([&system.id]) {
            assert!(names.insert(name.clone()), "{name} is taken twice");
            assert_eq!(catalog.system(name).unwrap().id, system.id);
        }
    }
    assert_eq!(catalog.system("cm384").unwrap().id, "cloudmatrix-384");
    assert_eq!(catalog.chip("950dt").unwrap().id, "ascend-950dt");
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let catalog = Catalog::builtin().unwrap();
    let system = |name| catalog.system(name).unwrap_err().to_string();
    assert!(system("atlas-950-superpot").contains("did you mean `atlas-950-superpod`"));
    assert!(system("gb200nvl72").contains("`gb200-nvl72`"));
    assert!(system("xyzzy").ends_with("see `supernode list systems`"));
    assert!(catalog.chip("h2o").unwrap_err().to_string().contains("`h20`"));
}

#[test]
fn every_value_of_every_chip_names_its_source() {
    let catalog = Catalog::builtin().unwrap();
    let mut known = 0;
    for chip in catalog.chips() {
        chip.for_each(&mut |entry| {
            let name = format!("{}.{}", chip.id, entry.key);
            assert!(entry.source.is_some_and(|s| s.len() > 3), "{name} has no source");
            assert!(entry.confidence.is_some(), "{name} has no confidence");
            known += u32::from(entry.known);
        });
    }
    assert!(known > 300, "only {known} values are known");
}

#[test]
fn every_value_of_every_level_names_its_source_and_guesses_say_why() {
    use supernode_units::{Confidence, Sourced};
    fn check<T>(name: &str, value: &Sourced<T>) {
        assert!(value.source.as_ref().is_some_and(|s| s.len() > 3), "{name} has no source");
        let confidence = value.confidence.expect("inherited");
        assert!(confidence != Confidence::Modelled || value.note.is_some(), "{name} says no why");
    }
    let catalog = Catalog::builtin().unwrap();
    for system in catalog.systems() {
        for level in system.levels.iter().chain(&system.scale_out) {
            let name = format!("{}.{}", system.id, level.name());
            check(&name, &level.bandwidth);
            check(&name, &level.latency);
            check(&name, &level.efficiency);
            check(&name, &level.in_switch);
            if level.latency.value.is_range() {
                let confidence = level.latency.confidence;
                assert_eq!(confidence, Some(Confidence::Modelled), "{name}: a range is modelled");
            }
        }
        check(&system.id, &system.published.power);
        check(&system.id, &system.published.fp8);
    }
}
