//! What messages cost.

use proptest::prelude::*;
use supernode_fabric::{CostModel, DeviceRates, LevelKind, Profile, Protocol};
use supernode_units::{Bandwidth, Time};

use crate::machines::{fabric, level, placed_fabric};

fn rates() -> DeviceRates {
    let fast = Bandwidth::from_gb_per_s(1_000);
    DeviceRates { reduce: fast, copy: fast }
}

proptest! {
    #[test]
    fn more_bytes_and_more_peers_never_take_less(
        fabric in placed_fabric(),
        to in any::<u32>(),
        bytes in 0_u64..1 << 40,
        more in 0_u64..1 << 30,
        fan in 1_u32..100,
    ) {
        let to = to % fabric.ranks();
        let cost = CostModel::new(fabric, Profile::wire(), rates()).expect("fast enough");
        let route = cost.route(0, to);
        let base = cost.occupancy(&route, bytes, fan);
        prop_assert!(cost.occupancy(&route, bytes + more, fan) >= base);
        prop_assert!(cost.occupancy(&route, bytes, fan + 1) >= base);
        prop_assert!(cost.reduce_time(bytes + more) >= cost.reduce_time(bytes));
    }

    #[test]
    fn a_faster_link_never_takes_longer(
        gb in 1_u64..1000,
        more in 0_u64..1000,
        efficiency in 1_u32..=1_000_000,
        bytes in 0_u64..1 << 40,
    ) {
        let time = |gb| {
            let mut node = level("node", LevelKind::Switch, 2);
            node.bandwidth = Bandwidth::from_gb_per_s(gb);
            node.efficiency_ppm = efficiency;
            let fabric = fabric(vec![node]);
            let cost = CostModel::new(fabric, Profile::wire(), rates()).ok()?;
            Some(cost.occupancy(&cost.route(0, 1), bytes, 1))
        };
        if let (Some(slow), Some(fast)) = (time(gb), time(gb + more)) {
            prop_assert!(fast <= slow);
        }
    }
}

#[test]
fn fan_out_gap_and_protocol_enter_the_occupancy() {
    let mut node = level("node", LevelKind::Switch, 8);
    node.fan_out_loss_ppm = 100_000;
    let mut profile = Profile { gap: Time::from_ns(40), ..Profile::wire() };
    let model = |profile: &Profile| {
        CostModel::new(fabric(vec![node.clone()]), profile.clone(), rates()).expect("fast enough")
    };
    let cost = model(&profile);
    let route = cost.route(0, 1);
    // 100,000 bytes at 100 GB/s; four peers lose 3 x 10 %.
    assert_eq!(cost.occupancy(&route, 100_000, 1), Time::from_us(1));
    assert_eq!(cost.occupancy(&route, 100_000, 4), Time::from_ns(1_300));
    assert_eq!(cost.occupancy(&route, 8, 1), Time::from_ns(40), "the gap is the least");
    profile.protocol = Protocol::Ll;
    assert_eq!(model(&profile).occupancy(&route, 100_000, 1), Time::from_us(2));
    profile.protocol = Protocol::Ll128;
    // 834 lines of 120 bytes carry 8 more each.
    assert_eq!(model(&profile).occupancy(&route, 100_000, 1), Time::from_ps(1_066_720));
}

#[test]
fn a_call_is_paid_by_launch_mode() {
    use supernode_fabric::{LaunchCost, LaunchMode};
    let call =
        LaunchCost { stream: Time::from_us(5), graph: Time::from_us(2), device: Time::from_us(1) };
    let time = |launch| Profile { call, launch, ..Profile::wire() }.call_time();
    assert_eq!(time(LaunchMode::Stream), Time::from_us(5));
    assert_eq!(time(LaunchMode::Graph), Time::from_us(2));
    assert_eq!(time(LaunchMode::Device), Time::from_us(1));
}
