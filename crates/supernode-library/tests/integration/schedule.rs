//! Schedules on the cost models that choices become, against the times of the choices.

use proptest::prelude::*;
use supernode_catalog::Catalog;
use supernode_collectives::Chunks;
use supernode_engine::ports;
use supernode_library::costs::Costs;
use supernode_library::nccl::Call;
use supernode_library::{
    Communicator, Function, Launch, Launched, LibraryError, Platform, Processes, Scheduled,
};
use supernode_units::MessageSize;

fn communicator(system: &str, nodes: u32, ranks: u32, forced: (&str, &str)) -> Communicator {
    let catalog = Catalog::builtin().unwrap();
    let platform = Platform::of(&catalog, catalog.system(system).unwrap()).unwrap();
    let library = supernode_library::Library::of(platform.architecture).unwrap();
    let costs = Costs::builtin().unwrap();
    let mut made = Communicator::new(library, platform, nodes, ranks, costs).unwrap();
    made.tuner.forced.algorithms = forced.0.parse().unwrap();
    made.tuner.forced.protocols = forced.1.parse().unwrap();
    made
}

/// Engine over prediction.
fn ratio(made: &Communicator, function: Function, bytes: u64, launched: Launched) -> f64 {
    let call = Call::new(function, MessageSize::new(bytes));
    let choice = made.choose(&call);
    let Scheduled { algorithm, tuning, cost } = made.schedule(&call, &choice, launched).unwrap();
    let collective = match function {
        Function::ReduceScatter => supernode_collectives::Collective::ReduceScatter,
        Function::AllGather => supernode_collectives::Collective::AllGather,
        _ => supernode_collectives::Collective::AllReduce,
    };
    let schedule = algorithm.schedule(collective, cost.fabric.ranks(), &tuning).unwrap();
    let chunks = Chunks::new(schedule.shape(), bytes.div_ceil(4), 4);
    let run = ports::run(&*schedule, &chunks, &cost).unwrap().time();
    run.as_us_f64() / made.time(&call, &choice, launched).as_us_f64()
}

const SCATTERING: [Function; 3] =
    [Function::AllReduce, Function::ReduceScatter, Function::AllGather];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rings_of_one_node_take_what_is_predicted(
        system in prop::sample::select(vec!["dgx-h100", "hgx-b200", "dgx-a100", "mi300x-x8"]),
        ranks in 2_u32..=8,
        function in prop::sample::select(SCATTERING.to_vec()),
        protocol in prop::sample::select(vec!["LL", "LL128", "Simple"]),
        exponent in 2_u32..34,
        part in 0_u64..1 << 33,
        graph: bool,
        per_node: bool,
    ) {
        let bytes = ((1 << exponent) + part % (1 << exponent)) / 4 * 4;
        let launched = Launched {
            by: if graph { Launch::Graph } else { Launch::Stream },
            processes: if per_node { Processes::PerNode } else { Processes::PerDevice },
        };
        let made = communicator(system, 1, ranks, ("Ring", protocol));
        let ratio = ratio(&made, function, bytes, launched);
        prop_assert!((0.99..=1.01).contains(&ratio), "{ratio:.3}");
    }
}

/// Every second size from 8 B to 1 GiB.
fn check(system: &str, nodes: u32, algorithm: &str, low: f64, high: f64) {
    let made = communicator(system, nodes, 8, (algorithm, ""));
    let functions: &[Function] = if algorithm == "Ring" { &SCATTERING } else { &SCATTERING[..1] };
    for (function, shift) in
        functions.iter().flat_map(|f| (3..=30).step_by(3).map(move |s| (*f, s)))
    {
        let bytes = 1 << shift;
        let ratio = ratio(&made, function, bytes, Launched::default());
        assert!(
            (low..=high).contains(&ratio),
            "{algorithm} {function} of {bytes} bytes on {nodes} x {system}: {ratio:.3}"
        );
    }
}

#[test]
fn rings_over_nodes_are_nearly_exact() {
    for nodes in [2, 3, 8] {
        check("dgx-h100", nodes, "Ring", 0.99, 1.05);
        check("dgx-a100", nodes, "Ring", 0.99, 1.05);
    }
}

/// The switch's slices are others than the library's chunks.
#[test]
fn switches_are_close() {
    check("dgx-h100", 1, "NVLS", 0.85, 1.01);
    check("hgx-b200", 1, "NVLS", 0.85, 1.01);
}

/// A double binary tree over all ranks is not a chain in each node with a tree between nodes: fewer
/// hops for small calls, more crossings of the network.
#[test]
fn trees_are_the_schedule_of_another_tree() {
    for nodes in [1, 2, 4, 16] {
        check("dgx-h100", nodes, "Tree", 0.5, 1.3);
    }
}

/// The levels follow one another where the library's overlap.
#[test]
fn hierarchies_are_slower_where_the_library_overlaps() {
    for nodes in [2, 4, 16] {
        check("dgx-h100", nodes, "NVLSTree", 0.95, 1.6);
    }
}

#[test]
fn what_has_no_schedule_says_what_to_use() {
    let made = communicator("dgx-h100", 16, 1, ("PAT", ""));
    let call = Call::new(Function::AllGather, MessageSize::new(1 << 20));
    let choice = made.choose(&call);
    assert_eq!(choice.name(), "PAT/Simple");
    let error = made.schedule(&call, &choice, Launched::default()).unwrap_err();
    assert!(matches!(error, LibraryError::Unscheduled { .. }));
    assert_eq!(
        error.to_string(),
        "PAT/Simple has no schedule that engines could run; use the engine `profile`"
    );
}
