//! What is chosen, and how it is launched.

use proptest::prelude::*;
use supernode_library::nccl::{
    Algorithm, Call, CollNet, Cpu, Forced, IntraPath, Machine, NicPath, NvSwitch, Protocol, Tuner,
};
use supernode_library::{Element, Function};
use supernode_units::{MessageSize, ReduceOp};

use crate::{a100, b200, h100, tuner};

const MIB: u64 = 1 << 20;

fn call(function: Function, bytes: u64) -> Call {
    Call::new(function, MessageSize::new(bytes))
}

/// The name of what is chosen.
fn check(tuner: &Tuner, call: &Call, name: &str) {
    assert_eq!(tuner.choose(call).name(), name, "{call:?}");
}

#[test]
fn one_node_goes_from_ll_to_multicast() {
    let one = tuner(h100(1));
    let all_reduce = |bytes| call(Function::AllReduce, bytes);
    check(&one, &all_reduce(8), "Ring/LL");
    check(&one, &all_reduce(1024 * MIB), "NVLS/Simple");
    // What the multicast unit cannot add is passed round the ring, but for eight-bit floats of more
    // than eight ranks.
    let byte = Call { element: Element::I8, ..all_reduce(1024 * MIB) };
    check(&one, &byte, "Ring/Simple");
    check(&one, &Call { op: ReduceOp::Max, ..all_reduce(1024 * MIB) }, "Ring/Simple");
    let half = Call { element: Element::Bf16, op: ReduceOp::Max, ..all_reduce(1024 * MIB) };
    check(&one, &half, "NVLS/Simple");
    let float8 = Call { element: Element::Fp8, ..all_reduce(1024 * MIB) };
    check(&one, &float8, "Ring/Simple");
    check(&tuner(h100(2)), &float8, "Tree/Simple");
    check(&tuner(a100(1)), &all_reduce(1024 * MIB), "Ring/Simple");
    check(&one, &call(Function::Broadcast, 1024 * MIB), "Ring/Simple");
}

#[test]
fn several_nodes_take_trees() {
    let two = tuner(h100(2));
    check(&two, &call(Function::AllReduce, 8), "Tree/LL");
    check(&two, &call(Function::AllReduce, 1024 * MIB), "NVLSTree/Simple");
    let one_gpu = tuner(Machine { ranks_per_node: 1, nics_per_node: 1, ..h100(64) });
    check(&one_gpu, &call(Function::AllGather, 64 * 1024), "PAT/Simple");
    let sharp = Machine { collnet: CollNet::All, ..h100(2) };
    let names: Vec<_> = tuner(sharp)
        .candidates(&call(Function::AllReduce, MIB))
        .iter()
        .filter(|c| c.protocol == Protocol::Simple)
        .map(|c| c.algorithm.name())
        .collect();
    assert_eq!(names, ["Tree", "Ring", "CollNetDirect", "CollNetChain", "NVLS", "NVLSTree"]);
}

#[test]
fn ll128_needs_a_path_that_keeps_stores_whole() {
    let has = |machine| {
        let candidates = tuner(machine).candidates(&call(Function::AllReduce, MIB));
        candidates.iter().any(|c| c.protocol == Protocol::Ll128)
    };
    assert!(has(a100(2)));
    assert!(!has(Machine { nic_path: NicPath::Pxn, ..a100(2) }));
    assert!(has(Machine { nic_path: NicPath::Pxn, ..h100(2) }));
    assert!(!has(Machine { nic_path: NicPath::Host, ..h100(2) }));
    assert!(!has(Machine { intra: IntraPath::Pci, switch: NvSwitch::None, ..a100(1) }));
}

#[test]
fn a_user_forces_what_he_likes() {
    let mut tuner = tuner(h100(2));
    let big = call(Function::AllReduce, 1024 * MIB);
    tuner.forced =
        Forced { algorithms: "ring".parse().unwrap(), protocols: "LL128".parse().unwrap() };
    check(&tuner, &big, "Ring/LL128");
    tuner.forced = Forced { algorithms: "^nvlstree".parse().unwrap(), ..Forced::default() };
    assert_ne!(tuner.choose(&big).algorithm, Some(Algorithm::NvlsTree));
    // Nothing is left: the ring.
    tuner.forced = Forced { algorithms: "tree".parse().unwrap(), ..Forced::default() };
    check(&tuner, &call(Function::AllGather, 1024 * MIB), "Ring/Simple");
}

#[test]
fn small_calls_have_fewer_channels_threads_and_smaller_chunks() {
    let mut one = tuner(a100(1));
    let run = |tuner: &Tuner, bytes| {
        let choice = tuner.choose(&call(Function::AllReduce, bytes));
        (choice.channels, choice.threads, choice.chunk_bytes, choice.slice_bytes, choice.slots)
    };
    one.forced.algorithms = "ring".parse().unwrap();
    one.forced.protocols = "ll".parse().unwrap();
    // 8 bytes a thread and rank: 512 threads of 8 ranks are 32 KiB.
    assert_eq!(run(&one, 8), (1, 96, 16, 16, 8));
    assert_eq!(run(&one, 96 * 1024), (3, 512, 4096, 4096, 8));
    assert_eq!(run(&one, 1024 * MIB), (24, 512, 32768, 32768, 8));
    one.forced.protocols = "simple".parse().unwrap();
    assert_eq!(run(&one, 1024 * MIB), (24, 544, 2 * MIB, MIB, 4));
    one.forced.protocols = "ll128".parse().unwrap();
    assert_eq!(run(&one, 1024 * MIB), (24, 640, 576_000, 576_000, 8));
    one.forced.algorithms = "tree".parse().unwrap();
    // s = 1.8: fewer than 14.4 chunks, then fewer than 3.6.
    assert_eq!(run(&one, 1024 * MIB).2, 576_000);
    assert_eq!(run(&one, 64 * MIB).2, 144_000);
}

#[test]
fn multicast_has_its_own_channels_and_chunks() {
    let run = |machine, bytes| {
        let choice = tuner(machine).choose(&call(Function::AllReduce, bytes));
        (choice.name(), choice.channels, choice.chunk_bytes)
    };
    // 64 loops of 16 channels x 8 heads x 128 KiB are 1 GiB.
    assert_eq!(run(h100(1), 1024 * MIB), ("NVLS/Simple".to_owned(), 16, 128 * 1024));
    assert_eq!(run(h100(1), 1023 * MIB), ("NVLS/Simple".to_owned(), 16, 64 * 1024));
    assert_eq!(run(b200(1), 4096 * MIB), ("NVLS/Simple".to_owned(), 24, 128 * 1024));
    assert_eq!(run(b200(2), 4096 * MIB).1, 32);
    assert_eq!(run(b200(4), 4096 * MIB), ("NVLSTree/Simple".to_owned(), 24, 64 * 1024));
}

#[test]
fn sends_are_cut_but_not_estimated() {
    let run = |machine, function, bytes| {
        let choice = tuner(machine).choose(&call(function, bytes));
        assert!(choice.algorithm.is_none() && choice.time.is_none());
        (choice.channels, choice.protocol, choice.chunk_bytes)
    };
    assert_eq!(run(h100(1), Function::SendRecv, 64 * MIB), (32, Protocol::Simple, 512 * 1024));
    assert_eq!(run(h100(2), Function::SendRecv, 64 * MIB), (2, Protocol::Simple, 128 * 1024));
    assert_eq!(run(h100(1), Function::SendRecv, 1024), (1, Protocol::Ll, 1024));
    assert_eq!(run(h100(1), Function::AllToAll, 64 * MIB).0, 32);
}

#[test]
fn spans_cover_the_range_and_turn_where_the_choice_turns() {
    let tuner = tuner(h100(2));
    let all_reduce = call(Function::AllReduce, 0);
    let spans = tuner.choices(&all_reduce, MessageSize::new(8), MessageSize::new(8 << 30));
    let names: Vec<_> = spans.iter().map(|s| s.first.name()).collect();
    assert_eq!(names.first().map(String::as_str), Some("Tree/LL"));
    assert_eq!(names.last().map(String::as_str), Some("NVLSTree/Simple"));
    assert_eq!(spans[0].from.bytes(), 8);
    assert_eq!(spans[spans.len() - 1].to.bytes(), 8 << 30);
    for pair in spans.windows(2) {
        assert_eq!(pair[0].to.bytes() + 1, pair[1].from.bytes());
        assert_ne!(pair[0].last.name(), pair[1].first.name());
        assert_eq!(pair[0].first.name(), pair[0].last.name());
    }
}

fn machine() -> impl Strategy<Value = Machine> {
    let gpu = prop_oneof![Just(a100(1)), Just(h100(1)), Just(b200(1))];
    let cpu = prop_oneof![Just(Cpu::IntelSapphireRapids), Just(Cpu::Amd), Just(Cpu::Arm)];
    let collnet = prop_oneof![Just(CollNet::None), Just(CollNet::AllReduce), Just(CollNet::All)];
    let intra = prop_oneof![Just(IntraPath::NvLink), Just(IntraPath::Pci), Just(IntraPath::Sys)];
    (gpu, cpu, collnet, intra, 1..40u32, 1..80u32, 1..9u32).prop_map(
        |(machine, cpu, collnet, intra, nodes, ranks_per_node, nics_per_node)| Machine {
            cpu,
            collnet,
            intra,
            switch: if intra == IntraPath::NvLink { machine.switch } else { NvSwitch::None },
            nodes: nodes.max(3 - ranks_per_node.min(2)),
            ranks_per_node,
            nics_per_node,
            ..machine
        },
    )
}

fn function() -> impl Strategy<Value = Function> {
    prop::sample::select(&Function::ALL[..])
}

proptest! {
    #[test]
    fn the_choice_is_the_least_of_the_candidates(m in machine(), f in function(), bytes in 1..1u64 << 34) {
        let tuner = tuner(m);
        let call = call(f, bytes);
        let choice = tuner.choose(&call);
        let least = tuner.candidates(&call).iter().map(|c| c.time).min();
        prop_assert_eq!(choice.time, least);
        prop_assert_eq!(least.is_none(), f.is_p2p());
    }

    #[test]
    fn chunks_cover_the_call(m in machine(), f in function(), bytes in 1..1u64 << 34) {
        let tuner = tuner(m);
        let call = call(f, bytes);
        for candidate in tuner.candidates(&call) {
            let run = tuner.run(&call, candidate);
            let per_loop = u64::from(run.channels) * u64::from(run.chunks_per_loop) * run.chunk_bytes;
            prop_assert!(per_loop * run.loops(bytes) >= bytes);
            prop_assert!((1..=64).contains(&run.channels), "{:?}", run);
            prop_assert!((96..=640).contains(&run.threads), "{:?}", run);
            prop_assert!(run.slice_bytes <= run.chunk_bytes && run.slice_bytes > 0);
        }
    }

    #[test]
    fn rings_carry_no_more_than_the_links(m in machine()) {
        // That a slower network is never faster would be too much to ask: NCCL's search stops at
        // half of the best speed, and can miss more channels of a slower one.
        let tuner = tuner(m.clone());
        let ring = tuner.graphs.ring;
        let carried = ring.bw_intra * f64::from(ring.channels);
        if m.ranks_per_node > 1 {
            let link = if m.intra == IntraPath::NvLink { m.nvlink } else { m.pcie };
            prop_assert!(carried <= link.gb_per_s() + 1e-6, "{:?}", ring);
        }
        if m.nodes > 1 {
            let nics = f64::from(m.nics_per_node) * m.nic.gb_per_s();
            prop_assert!(carried <= nics + 1e-6, "{:?}", ring);
        }
        prop_assert!(tuner.graphs.channels >= ring.channels && tuner.graphs.channels <= 64);
    }

    #[test]
    fn latency_grows_with_nodes(m in machine(), f in function()) {
        let more = Machine { nodes: m.nodes * 2, ..m.clone() };
        let [few, many] = [m, more].map(tuner);
        if few.machine.nodes > 1 {
            for p in Protocol::ALL {
                for a in [Algorithm::Ring, Algorithm::Tree, Algorithm::NvlsTree] {
                    prop_assert!(few.latency_us(f, a, p) <= many.latency_us(f, a, p));
                }
            }
        }
    }
}
