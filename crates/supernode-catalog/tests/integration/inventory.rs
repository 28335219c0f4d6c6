//! Every chip and every system of the catalog.

use supernode_catalog::{Catalog, LevelSpec};

/// Every chip, in order.
const CHIPS: [&str; 54] = [
    "a100",
    "a100-40",
    "a800",
    "arc-pro-b60",
    "ascend-910b",
    "ascend-910c",
    "ascend-950dt",
    "ascend-950dt-96",
    "ascend-950pr",
    "ascend-960",
    "ascend-960dt",
    "ascend-960pr",
    "ascend-970",
    "ascend-970-2025",
    "ascend-980",
    "atlas-350",
    "b200",
    "b300",
    "gb200",
    "gb300",
    "gh200",
    "h100",
    "h100-pcie",
    "h20",
    "h200",
    "h800",
    "l40s",
    "m890",
    "mi250x",
    "mi300x",
    "mi325x",
    "mi350x",
    "mi355x",
    "mi455x",
    "mlu290",
    "mlu590",
    "mlu690",
    "ppu-810e",
    "rtx-pro-6000",
    "rtx-pro-6000d",
    "rubin-2025",
    "rubin-2026",
    "rubin-cpx",
    "rubin-ultra",
    "tpu-v4",
    "tpu-v5p",
    "tpu7x",
    "trn1",
    "trn2",
    "trn3",
    "v100",
    "v100-16",
    "v100-sxm3",
    "wse-3",
];

/// Every system, in order.
const SYSTEMS: [&str; 66] = [
    "a3-mega",
    "ai-factory-100mw",
    "alps",
    "arc-pro-b60-x4",
    "atlas-650e",
    "atlas-800-a2",
    "atlas-900-supercluster",
    "atlas-950-supercluster",
    "atlas-950-superpod",
    "atlas-950-superpod-1024",
    "atlas-960-supercluster",
    "atlas-960-superpod",
    "azure-nd-a100",
    "cerebras-cs3",
    "cloudmatrix-165k",
    "cloudmatrix-384",
    "colossus",
    "colossus-2",
    "colossus-2024",
    "dgx-2",
    "dgx-a100",
    "dgx-h100",
    "gb200-ib",
    "gb200-nvl72",
    "gb200-tray",
    "gb200-tray-x2",
    "gb300-nvl72",
    "h100-ib",
    "h100-pcie-x2",
    "helios",
    "hgx-a800",
    "hgx-b200",
    "hgx-b300",
    "hgx-h100-roce4",
    "hgx-h20",
    "hgx-h200",
    "hgx-h800",
    "ironwood-pod",
    "l40s-x8",
    "mi250x-x4",
    "mi300x-x8",
    "mi325x-x8",
    "mi355x-x8",
    "mlu590-x8",
    "nig-v100",
    "oci-b200-131k",
    "p3dn",
    "p4de",
    "p5",
    "p6-b200",
    "panjiu-al128",
    "polaris",
    "rtx-pro-6000-x8",
    "rtx-pro-6000d-x8",
    "snellius-h100",
    "tpu-v4-pod",
    "tpu-v5p-pod",
    "trn1-32xl",
    "trn2-ultraserver",
    "trn3-ultraserver",
    "ub-mesh-pod",
    "ub-mesh-superpod",
    "vr-nvl144",
    "vr-nvl144-cpx",
    "vr-nvl576",
    "vr-nvl72",
];

#[test]
fn the_catalog_holds_these_chips_and_systems_and_no_others() {
    let catalog = Catalog::builtin().unwrap();
    let chips: Vec<_> = catalog.chips().map(|chip| chip.id.as_str()).collect();
    assert_eq!(chips, CHIPS);
    let systems: Vec<_> = catalog.systems().map(|system| system.id.as_str()).collect();
    assert_eq!(systems, SYSTEMS);
    for id in CHIPS {
        assert_eq!(catalog.chip(id).unwrap().id, id);
    }
    for id in SYSTEMS {
        assert_eq!(catalog.system(id).unwrap().id, id);
    }
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
        let product: u32 = system.levels.iter().map(LevelSpec::size).product();
        assert_eq!(product, system.chips(), "{}", system.id);
    }
}
