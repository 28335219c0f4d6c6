//! Ranks on devices.

use proptest::prelude::*;
use supernode_fabric::{LevelKind, Placement};

use crate::machines::{fabric, level, placed_fabric};

proptest! {
    #[test]
    fn every_rank_has_a_device_of_its_own(fabric in placed_fabric()) {
        let mut devices: Vec<u32> = (0..fabric.ranks()).map(|rank| fabric.device(rank)).collect();
        devices.sort_unstable();
        devices.dedup();
        prop_assert_eq!(devices.len() as u32, fabric.ranks());
        prop_assert!(devices.last().is_none_or(|last| *last < fabric.devices()));
    }
}

#[test]
fn placements_do_what_they_say() {
    let machine =
        || fabric(vec![level("node", LevelKind::Switch, 4), level("pod", LevelKind::Switch, 3)]);
    let devices = |placement, ranks| -> Vec<u32> {
        let placed = machine().place(placement, ranks).expect("there is room");
        (0..ranks).map(|rank| placed.device(rank)).collect()
    };
    assert_eq!(devices(Placement::Packed, 5), [0, 1, 2, 3, 4]);
    assert_eq!(devices(Placement::Spread, 5), [0, 4, 8, 1, 5]);
    assert_eq!(devices(Placement::Strided { stride: 4 }, 3), [0, 4, 8]);
    let random = devices(Placement::Random { seed: 7 }, 12);
    assert_eq!(random, devices(Placement::Random { seed: 7 }, 12));
    assert_ne!(random, devices(Placement::Random { seed: 8 }, 12));
}

#[test]
fn ranks_have_to_fit() {
    let machine =
        || fabric(vec![level("node", LevelKind::Switch, 4), level("pod", LevelKind::Switch, 3)]);
    let error = machine().place(Placement::Packed, 13).unwrap_err().to_string();
    assert_eq!(error, "13 ranks do not fit on 12 devices");
    assert!(machine().place(Placement::Strided { stride: 5 }, 3).is_ok());
    assert!(machine().place(Placement::Strided { stride: 5 }, 4).is_err());
    assert!(machine().place(Placement::Packed, 0).is_err());
}
