//! Which catalog system stands for a machine that nobody has listed.

use std::collections::BTreeSet;

use supernode_catalog::{Catalog, System, SystemKind};

use crate::Curve;
use crate::family::family;

/// The system that stands for the machine of `curve`, which its source describes in words: the one
/// that lists these very words, else the one with the same chip that shares most words with them.
/// Of those that share as many, one that something was measured on, then servers first; but where
/// a rack of the chip holds all ranks and a server does not, the rack. None where the words name no
/// chip of the catalog.
pub fn resembling<'c>(catalog: &'c Catalog, curve: &Curve) -> Option<&'c System> {
    let hardware = curve.hardware.as_str();
    if let Some(system) = catalog.measured_as(hardware) {
        return Some(system);
    }
    let chip = family(hardware);
    let wanted: BTreeSet<String> = words(hardware).chain(words(&curve.scale_up)).collect();
    let rank = |system: &System| {
        let shared = names(system).map(|name| words(name).filter(|w| wanted.contains(w)).count());
        let kind = match system.kind {
            SystemKind::Server => 3,
            SystemKind::Rack => 2,
            SystemKind::Pod => 1,
            SystemKind::Cluster => 0,
        };
        let holds = system.kind == SystemKind::Rack && (9..=system.chips()).contains(&curve.chips);
        (holds, shared.max().unwrap_or(0), !system.measured_as.is_empty(), kind)
    };
    let kin = catalog.systems().filter(|system| {
        let chip_name = catalog.chip_of(system).ok().map(|chip| chip.name.as_str());
        // A name without a chip is its own family.
        names(system).chain(chip_name).any(|name| family(name) == chip && name != chip)
    });
    kin.reduce(|best, next| if rank(next) > rank(best) { next } else { best })
}

fn names(system: &System) -> impl Iterator<Item = &str> {
    let listed = system.measured_as.iter().chain(&system.aliases).map(String::as_str);
    listed.chain([system.id.as_str(), system.name.as_str()])
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 1);
    parts.map(str::to_ascii_lowercase).collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_as_their_drivers_and_owners_call_them() {
        let catalog = Catalog::builtin().unwrap();
        let mut curve = crate::builtin().unwrap().remove(0);
        curve.scale_up.clear();
        let mut check = |hardware: &str, chips, expected: Option<&str>| {
            hardware.clone_into(&mut curve.hardware);
            curve.chips = chips;
            let found = resembling(&catalog, &curve).map(|system| system.id.as_str());
            assert_eq!(found, expected, "{hardware}");
        };
        check("NVIDIA H100 80GB HBM3", 16, Some("dgx-h100"));
        check("NVIDIA A100-SXM4-80GB", 8, Some("dgx-a100"));
        check("NVIDIA B200", 8, Some("hgx-b200"));
        check("NVIDIA H200", 64, Some("hgx-h200"));
        check("AWS p5, H100", 64, Some("p5"));
        check("Perlmutter 4x A100 Slingshot", 64, Some("polaris"));
        check("AMD Instinct MI355X OAM", 8, Some("mi355x-x8"));
        check("NVIDIA RTX PRO 6000 Blackwell Server Edition", 8, Some("rtx-pro-6000-x8"));
        check("NVIDIA GB200", 4, Some("gb200-tray"));
        check("NVIDIA GB200", 72, Some("gb200-nvl72"));
        check("my own", 8, None);
    }
}
