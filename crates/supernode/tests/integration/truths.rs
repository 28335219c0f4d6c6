//! First truths of the cost model: measured figures of real machines, with the inputs stated.
//!
//! Profile `wire` unless a test says otherwise, the middle of every range, large messages of 4 GiB.

use supernode::collectives::{Algorithm, Collective};
use supernode::fabric::Profile;
use supernode::units::Time;

use crate::machine::{busbw, cost, micros};

const LARGE: u64 = 4 << 30;

/// Measured: H100 335.7 and 335.2 GB/s, B200 612.9 and 617.0, A100 231.5 and 223.4.
#[test]
fn reduce_scatter_is_as_fast_as_all_gather() {
    for system in ["dgx-h100", "dgx-a100", "hgx-b200"] {
        let cost = cost(system, 8, Profile::wire());
        let bus = |collective| busbw(Algorithm::Ring, collective, LARGE, &cost);
        let (scatter, gather) = (bus(Collective::ReduceScatter), bus(Collective::AllGather));
        let ratio = scatter / gather;
        assert!((0.95..=1.05).contains(&ratio), "{system}: {scatter:.1} and {gather:.1} GB/s");
    }
}

/// Measured: 480 GB/s at 4 GiB on H100 x 8, 836 to 850 on B200 x 8: the switch's own rate.
#[test]
fn switches_that_reduce_have_a_rate_of_their_own() {
    for (system, low, high) in [("dgx-h100", 470.0, 490.0), ("hgx-b200", 820.0, 855.0)] {
        let cost = cost(system, 8, Profile::wire());
        let bus = busbw(Algorithm::InSwitch, Collective::AllReduce, LARGE, &cost);
        assert!((low..=high).contains(&bus), "{system}: {bus:.1} GB/s");
    }
}

/// Measured: 310 to 330 GB/s on MI300X x 8, where seven links of a full mesh work at once.
#[test]
fn a_full_mesh_uses_all_its_links() {
    let cost = cost("mi300x-x8", 8, Profile::wire());
    let bus = busbw(Algorithm::TwoShot, Collective::AllReduce, LARGE, &cost);
    assert!((300.0..=330.0).contains(&bus), "{bus:.1} GB/s");
    // A plain ring uses one of seven.
    let ring = busbw(Algorithm::Ring, Collective::AllReduce, LARGE, &cost);
    assert!(bus / ring > 6.0, "ring {ring:.1} GB/s");
}

/// Measured on 32 dies of `CloudMatrix384`: full mesh up to 4.5 times faster than ring at 64 KiB, ahead
/// up to 8 MiB, ring ahead above 16 MiB. Input: 0.1 us to issue a message, no other software.
#[test]
fn cloudmatrix_prefers_the_mesh_for_small_and_the_ring_for_large_messages() {
    let profile = Profile { send_overhead: Time::from_ns(100), ..Profile::wire() };
    let cost = cost("cloudmatrix-384", 32, profile);
    let time = |algorithm, bytes| micros(algorithm, Collective::AllReduce, bytes, &cost);
    let ahead = |bytes| time(Algorithm::Ring, bytes) / time(Algorithm::TwoShot, bytes);
    let small = ahead(64 << 10);
    assert!((3.0..=6.0).contains(&small), "{small:.2} times at 64 KiB");
    assert!(ahead(4 << 20) > 1.0, "{:.2} times at 4 MiB", ahead(4 << 20));
    assert!(ahead(32 << 20) < 1.0, "{:.2} times at 32 MiB", ahead(32 << 20));
}
