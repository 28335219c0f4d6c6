//! Truths of real machines under the profiles of their libraries, with the costs that are shipped.
//!
//! What does not hold is ignored with the figure and stands under the known failures: a bound that is
//! widened until a test passes says nothing.

use supernode::catalog::Catalog;
use supernode::library::costs::Costs;
use supernode::library::hccl;
use supernode::library::nccl::Call;
use supernode::library::{Communicator, Function, Launch, Launched, Library, Platform};
use supernode::units::MessageSize;

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;
const STREAM: Launched = Launched { by: Launch::Stream, processes: PER_DEVICE };
const GRAPH: Launched = Launched { by: Launch::Graph, processes: PER_DEVICE };
const PER_DEVICE: supernode::library::Processes = supernode::library::Processes::PerDevice;

fn communicator(system: &str, nodes: u32) -> Communicator {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let system = catalog.system(system).expect("a known system");
    let platform = Platform::of(&catalog, system).expect("nothing is missing");
    let library = Library::of(platform.architecture).expect("it has a library");
    let (costs, devices) = (Costs::builtin().expect("they load"), platform.node_devices);
    Communicator::new(library, platform, nodes, devices, costs).expect("it runs there")
}

fn micros(made: &Communicator, function: Function, bytes: u64, launched: Launched) -> f64 {
    let call = Call::new(function, MessageSize::new(bytes));
    made.time(&call, &made.choose(&call), launched).as_us_f64()
}

/// busbw in GB/s as nccl-tests defines it.
fn busbw(made: &Communicator, function: Function, bytes: u64) -> f64 {
    let ranks = f64::from(made.tuner.machine.ranks());
    let rounds = if function == Function::AllReduce { 2.0 } else { 1.0 };
    let factor = rounds * (ranks - 1.0) / ranks;
    bytes as f64 / micros(made, function, bytes, STREAM) / 1e3 * factor
}

#[track_caller]
fn within(value: f64, low: f64, high: f64, what: &str) {
    assert!((low..=high).contains(&value), "{what}: {value:.2} is not within {low} to {high}");
}

#[test]
fn small_all_reduces_on_h100_take_15_to_17_us() {
    let us = micros(&communicator("dgx-h100", 1), Function::AllReduce, KIB, STREAM);
    within(us, 15.0, 17.0, "us on 8 x H100");
}

#[test]
fn small_all_reduces_on_mi300x_take_13_us_from_a_stream() {
    let us = micros(&communicator("mi300x-x8", 1), Function::AllReduce, KIB, STREAM);
    within(us, 13.0 * 0.85, 13.0 * 1.15, "us on 8 x MI300X");
}

#[test]
fn small_all_reduces_on_mi300x_take_7_us_from_a_graph() {
    let us = micros(&communicator("mi300x-x8", 1), Function::AllReduce, KIB, GRAPH);
    within(us, 7.5 * 0.85, 7.5 * 1.15, "us on 8 x MI300X");
}

#[test]
fn switches_of_h100_reduce_at_their_own_rate() {
    let mut made = communicator("dgx-h100", 1);
    made.tuner.forced.algorithms = "NVLS".parse().expect("a name");
    for bytes in [8 * GIB, 16 * GIB] {
        within(busbw(&made, Function::AllReduce, bytes), 470.0, 490.0, "GB/s on 8 x H100");
    }
}

#[test]
#[ignore = "known failure: 795 and 798 GB/s with the shipped costs"]
fn switches_of_b200_reduce_at_their_own_rate() {
    let mut made = communicator("hgx-b200", 1);
    made.tuner.forced.algorithms = "NVLS".parse().expect("a name");
    for bytes in [8 * GIB, 16 * GIB] {
        within(busbw(&made, Function::AllReduce, bytes), 820.0, 855.0, "GB/s on 8 x B200");
    }
}

#[test]
fn reduce_scatter_is_as_fast_as_all_gather() {
    for system in ["dgx-h100", "dgx-a100", "hgx-b200"] {
        let made = communicator(system, 1);
        let ratio = busbw(&made, Function::ReduceScatter, 8 * GIB)
            / busbw(&made, Function::AllGather, 8 * GIB);
        within(ratio, 0.95, 1.05, system);
    }
}

/// Measured: H100 335.7 and 335.2 GB/s, B200 612.9 and 617.0.
#[test]
fn reduce_scatter_and_all_gather_are_as_fast_as_measured() {
    for (system, scatter, gather) in [("dgx-h100", 335.7, 335.2), ("hgx-b200", 612.9, 617.0)] {
        let made = communicator(system, 1);
        for (function, gb_s) in [(Function::ReduceScatter, scatter), (Function::AllGather, gather)]
        {
            within(busbw(&made, function, 8 * GIB), gb_s * 0.95, gb_s * 1.05, system);
        }
    }
}

#[test]
#[ignore = "known failure: 209 GB/s for both with the shipped costs, 231.5 and 223.4 measured"]
fn reduce_scatter_and_all_gather_are_as_fast_as_measured_on_a100() {
    let made = communicator("dgx-a100", 1);
    for (function, gb_s) in [(Function::ReduceScatter, 231.5), (Function::AllGather, 223.4)] {
        within(busbw(&made, function, 8 * GIB), gb_s * 0.95, gb_s * 1.05, "GB/s on 8 x A100");
    }
}

#[test]
fn mi300x_reaches_what_seven_links_carry() {
    let made = communicator("mi300x-x8", 1);
    for bytes in [4 * GIB, 8 * GIB, 16 * GIB] {
        within(busbw(&made, Function::AllReduce, bytes), 300.0, 330.0, "GB/s on 8 x MI300X");
    }
}

/// NCCL counts 896 near steps of 1.9 us and 126 far ones of 4.0 us for 64 nodes of 8. The prediction
/// mixes near and far steps, too, with the crossings that a chunk of the schedule makes.
#[test]
fn a_forced_ring_is_not_a_constant_per_step() {
    let forced = |nodes| {
        let mut made = communicator("dgx-h100", nodes);
        made.tuner.forced.algorithms = "Ring".parse().expect("a name");
        made.tuner.forced.protocols = "LL128".parse().expect("a name");
        let call = Call::new(Function::AllReduce, MessageSize::new(KIB));
        let choice = made.choose(&call);
        assert_eq!(choice.name(), "Ring/LL128");
        let estimate = choice.time.expect("rings are estimated").as_us_f64();
        (made.time(&call, &choice, STREAM).as_us_f64(), estimate)
    };
    let (_, estimate) = forced(64);
    within(estimate - (896.0 * 1.9 + 126.0 * 4.0), 0.0, 20.0, "base of the estimate in us");
    let us = [1, 2, 3, 64].map(|nodes| forced(nodes).0);
    // One more node is 14 near steps and 2 far ones more.
    let more = us[2] - us[1];
    within(us[3] - us[1], 62.0 * more * 0.999, 62.0 * more * 1.001, "us of 62 more nodes");
    // A call of one node is 14 near steps and a base: a far step costs more than that leaves.
    let far = (more - us[0]) / 2.0;
    assert!(far > 2.0 * us[0] / 14.0, "{far:.2} us for a far step");
    // A chunk crosses 4 of 30 and 128 of 1022 times, so steps cost more than within a node, and less
    // than a far one.
    let per_step = [us[0] / 14.0, us[1] / 30.0, us[3] / 1022.0];
    let mixed = |us: f64| per_step[0] < us && us < far;
    assert!(mixed(per_step[1]) && mixed(per_step[2]), "{per_step:?} {far:.2}");
}

#[test]
fn two_nodes_exceed_their_nics_and_four_do_not() {
    for algorithms in ["", "NVLSTree"] {
        let rate = |nodes| {
            let mut made = communicator("dgx-h100", nodes);
            made.tuner.forced.algorithms = algorithms.parse().expect("a name");
            busbw(&made, Function::AllReduce, 8 * GIB)
        };
        let (two, four) = (rate(2), rate(4));
        assert!(two > 400.0, "{two:.1} GB/s on two nodes");
        assert!(four < 400.0, "{four:.1} GB/s on four nodes");
    }
}

/// Measured with `torch`: 72 GB/s of algorithm bandwidth, seven links of 18.6.
#[test]
fn eight_910b_reach_what_seven_links_carry() {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let system = catalog.system("atlas-800-a2").expect("a known system");
    let made = hccl::Communicator::new(&catalog, system, 8, 1, 1).expect("it runs there");
    let choice = made.choose(Function::AllReduce, GIB).expect("there is one");
    let times = made.times(Function::AllReduce, GIB, &choice).expect("it is defined");
    within(GIB as f64 / times.middle.as_us_f64() / 1e3, 68.0, 76.0, "GB/s on 8 x 910B");
    assert!(times.low < times.middle && times.middle < times.high);
}
