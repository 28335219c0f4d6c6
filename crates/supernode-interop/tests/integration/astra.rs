//! Known answers of ASTRA-sim, and what is refused.

use proptest::prelude::*;
use supernode_interop::astra::{
    AstraError, Backend, Collective, Network, Optimization, Prediction, System, predict,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A network of one dimension, 50 GB/s and 500 ns.
fn network(topology: &str, npus: u32) -> Network {
    let text = format!(
        "topology: [ {topology} ]\nnpus_count: [ {npus} ]\nbandwidth: [ 50.0 ] # GB/s\nlatency: [ 500 ]\n"
    );
    Network::from_yaml(&text).unwrap()
}

/// A system with that implementation for everything, and further keys.
fn system(name: &str, more: &str) -> System {
    let keys =
        Collective::ALL.map(|one| format!(r#""{one}-implementation": ["{name}"], "#)).concat();
    System::from_json(&format!(
        r#"{{"scheduling-policy": "LIFO", "endpoint-delay": 10, "local-mem-bw": 1600, "boost-mode": 0,
            {keys} "preferred-dataset-splits": 1 {more}}}"#
    ))
    .unwrap()
}

fn all_reduce(
    network: &Network,
    system: &System,
    backend: Backend,
    bytes: u64,
) -> Result<u64, AstraError> {
    let found = predict(network, system, backend, Collective::AllReduce, bytes);
    found.map(|Prediction { finish_ns, .. }| finish_ns)
}

/// The table of the ring: sizes by back end and topology, over 8, 64, 512, 1,024, 4,096, 8,192 NPUs.
#[test]
fn rings_take_what_astra_sim_says() {
    use Backend::{Aware, Unaware};
    type Row = (u64, &'static [(&'static str, Backend)], &'static [u64]);
    let neighbours = &[
        ("Ring", Unaware),
        ("Ring", Aware),
        ("FullyConnected", Unaware),
        ("FullyConnected", Aware),
    ];
    let rows: [Row; 7] = [
        (MIB, neighbours, &[43_025, 104_590, 561_599, 1_082_344]),
        (64 * MIB, neighbours, &[2_304_732, 2_648_971, 3_140_105, 3_662_350]),
        (
            GIB,
            neighbours,
            &[36_768_756, 41_420_935, 42_450_824, 43_014_091, 46_162_945, 50_333_705],
        ),
        (MIB, &[("Switch", Unaware)], &[50_025, 167_590, 1_072_599, 2_105_344]),
        (64 * MIB, &[("Switch", Unaware)], &[2_311_732, 2_711_971, 3_651_105, 4_685_350]),
        (
            GIB,
            &[("Switch", Unaware)],
            &[36_775_756, 41_483_935, 42_961_824, 44_037_091, 50_257_945],
        ),
        (GIB, &[("Switch", Aware)], &[71_775_756, 80_858_935, 82_883_188, 83_997_517, 90_241_525]),
    ];
    for (bytes, cases, expected) in rows {
        for (topology, backend) in cases {
            for (npus, expected) in [8, 64, 512, 1024, 4096, 8192].into_iter().zip(expected) {
                let found =
                    all_reduce(&network(topology, npus), &system("ring", ""), *backend, bytes);
                assert_eq!(found, Ok(*expected), "{topology} {backend:?} {npus} {bytes}");
            }
        }
    }
    let million = network("Ring", 1_000_000);
    assert_eq!(all_reduce(&million, &system("ring", ""), Unaware, GIB), Ok(1_057_998_952));
}

#[test]
fn other_algorithms_take_what_astra_sim_says() {
    for (name, topology, npus, unaware, aware) in [
        ("direct", "FullyConnected", 8, 6_155, 6_155),
        ("direct", "Switch", 8, 7_155, 41_329),
        ("halvingDoubling", "Switch", 64, 51_518, 89_964),
    ] {
        let (network, system) = (network(topology, npus), system(name, ""));
        assert_eq!(all_reduce(&network, &system, Backend::Unaware, MIB), Ok(unaware));
        assert_eq!(all_reduce(&network, &system, Backend::Aware, MIB), Ok(aware));
    }
}

#[test]
fn two_dimensions_take_what_astra_sim_says() {
    let network = Network::from_yaml(
        "topology: [ Switch, Ring ]\nnpus_count: [ 8, 1024 ]\nbandwidth: [ 50, 50 ]\nlatency: [ 500, 500 ]",
    )
    .unwrap();
    let text = r#"{"preferred-dataset-splits": 1, "local-mem-bw": 1600,
        "all-reduce-implementation": ["ring", "ring"], "collective-optimization": "localBWAware"}"#;
    let system = System::from_json(text).unwrap();
    assert_eq!(all_reduce(&network, &system, Backend::Unaware, GIB), Ok(43_062_111));
    let baseline = System::from_json(&text.replace("localBWAware", "baseline")).unwrap();
    let error = all_reduce(&network, &baseline, Backend::Unaware, GIB).unwrap_err();
    assert!(error.to_string().starts_with("all-reduce without `localBWAware` on 2 dimensions"));
    let error = all_reduce(&network, &system, Backend::Aware, GIB).unwrap_err();
    assert!(error.to_string().starts_with("congestion-aware on 2 dimensions"));
}

/// The shipped H100 network with two of four chunks in flight.
#[test]
fn chunks_in_flight_take_what_astra_sim_says() {
    let network = Network::from_yaml(
        "topology: [ Switch ]\nnpus_count: [ 8 ]\nbandwidth: [ 400.0 ]\nlatency: [ 936.25 ]",
    )
    .unwrap();
    let with = |active: u32| {
        System::from_json(&format!(
            r#"{{"preferred-dataset-splits": 4, "active-chunks-per-dimension": {active},
                "local-mem-bw": 3350, "all-reduce-implementation": ["ring"]}}"#
        ))
        .unwrap()
    };
    let aware = |active| all_reduce(&network, &with(active), Backend::Aware, GIB);
    assert_eq!(all_reduce(&network, &with(2), Backend::Unaware, GIB).unwrap() / 10_000, 266);
    assert_eq!(aware(1).unwrap() / 1000, 9_696);
    assert_eq!(aware(2), Ok(4_926_513));
    let error = aware(4).unwrap_err().to_string();
    assert_eq!(
        error,
        "congestion-aware `ring` with 4 of 4 chunks in flight, which queue: no exact form is known, so \
         it is refused; set `active-chunks-per-dimension` to 1"
    );
}

#[test]
fn chunks_are_split_and_rounded_up_as_in_astra_sim() {
    let network = network("Ring", 64);
    let system = System { splits: 3, ..system("ring", "") };
    let run = |collective, bytes| {
        let found = predict(&network, &system, Backend::Unaware, collective, bytes).unwrap();
        (found.chunk_bytes, found.chunks)
    };
    assert_eq!(run(Collective::AllReduce, 3000), (1000, 3));
    assert_eq!(run(Collective::AllReduce, 3001), (1000, 4));
    assert_eq!(run(Collective::AllReduce, 5), (64, 3));
    assert_eq!(run(Collective::AllGather, 6), (2, 3));
}

#[test]
fn what_is_not_exact_is_refused_by_name() {
    use Backend::{Aware, Unaware};
    use Collective::{AllGather, AllReduce, ReduceScatter};
    let says = |name: &str, backend, npus, collective, message: &str| {
        let network = network("Ring", npus);
        let error =
            predict(&network, &system(name, ""), backend, collective, 64 * KIB).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    };
    says("doubleBinaryTree", Unaware, 8, AllReduce, "`doubleBinaryTree` for all-reduce: no exact");
    says("oneRing", Unaware, 8, AllReduce, "`oneRing` for all-reduce");
    says("direct4", Unaware, 8, AllReduce, "`direct4` for all-reduce");
    says("direct", Aware, 8, AllReduce, "congestion-aware `direct` on a Ring");
    says("direct", Unaware, 8, AllGather, "all-gather by `direct`");
    says("halvingDoubling", Unaware, 12, AllReduce, "`halvingDoubling` on 12 NPUs");
    says("halvingDoubling", Unaware, 8, ReduceScatter, "reduce-scatter by `halvingDoubling`");
    says("halvingDoubling", Aware, 8, AllReduce, "congestion-aware `halvingDoubling` on a Ring");
}

#[test]
fn files_say_what_is_wrong_with_them() {
    let network = |text: &str| Network::from_yaml(text).unwrap_err().to_string();
    let good = "topology: [Ring]\nnpus_count: [8]\nbandwidth: [50]\nlatency: [500]\n";
    assert!(Network::from_yaml(good).is_ok());
    assert_eq!(
        network(&good.replace("Ring", "ring")),
        "network: unknown topology `ring`; write Ring, FullyConnected or Switch, in this case"
    );
    assert_eq!(
        network(&good.replace("[8]", "[8, 2]")),
        "network: `npus_count` has 2 entries and `topology` 1; give one per dimension"
    );
    assert_eq!(
        network(&good.replace("[8]", "[1]")),
        "network: `npus_count` has 1; a dimension has 2 to 2^32 NPUs"
    );
    assert_eq!(
        network(&good.replace("[50]", "[0]")),
        "network: `bandwidth` has 0; give a number above zero"
    );
    let scalar = network(&good.replace("[8]", "8"));
    assert!(scalar.contains("line 2") && scalar.ends_with("`npus_count: [ 8 ]`"), "{scalar}");
    let missing = network("topology: [Ring]\n");
    assert!(missing.contains("npus_count"), "{missing}");

    let system = |text: &str| System::from_json(text).unwrap_err().to_string();
    assert!(system("{").starts_with("system: EOF while parsing an object at line 1"));
    assert_eq!(
        system("{}"),
        "system: `preferred-dataset-splits` is missing or 0, where ASTRA-sim divides by it; give 1 or \
         more"
    );
    let custom = r#"{"preferred-dataset-splits": 1, "all-reduce-implementation-custom": ["x"]}"#;
    assert!(system(custom).starts_with("a custom implementation: no exact form"));
    let bus = r#"{"preferred-dataset-splits": 1, "model-shared-bus": 1}"#;
    assert!(system(bus).starts_with("`model-shared-bus`: no exact form"));
}

proptest! {
    /// Whatever stands in the files, there is an answer or an error.
    #[test]
    fn extreme_numbers_never_panic(
        npus in prop_oneof![2_u32..70, any::<u32>()],
        second in prop_oneof![Just(None), (2_u32..70).prop_map(Some)],
        bandwidth in prop_oneof![Just(50.0), any::<f64>()],
        latency in prop_oneof![Just(500.0), any::<f64>()],
        delay in any::<u32>(),
        splits in prop_oneof![Just(1_u64), any::<u64>()],
        active in prop_oneof![1_u64..5, any::<u64>()],
        memory in any::<f64>(),
        bytes in any::<u64>(),
        name in prop::sample::select(&["ring", "direct", "halvingDoubling"][..]),
        text in any::<String>(),
    ) {
        let _ = (Network::from_yaml(&text), System::from_json(&text));
        let twice = |value: String| match second {
            Some(_) => format!("[{value}, {value}]"),
            None => format!("[{value}]"),
        };
        let counts = second.map_or(format!("[{npus}]"), |second| format!("[{npus}, {second}]"));
        let topology = ["Ring", "FullyConnected", "Switch"][bytes as usize % 3];
        let network = Network::from_yaml(&format!(
            "topology: {}\nnpus_count: {counts}\nbandwidth: {}\nlatency: {}\n",
            twice(topology.into()), twice(format!("{bandwidth:e}")), twice(format!("{latency:e}")),
        ));
        let names = if second.is_some() { vec![name; 2] } else { vec![name] };
        let names = names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let system = System {
            endpoint_delay_ns: delay,
            splits: splits.max(1),
            active_chunks: active.max(1),
            local_mem_gb_per_s: (memory > 0.0).then_some(memory),
            optimization: Some(Optimization::LocalBwAware),
            implementations: std::array::from_fn(|_| names.clone()),
        };
        let Ok(network) = network else { return Ok(()) };
        for backend in [Backend::Unaware, Backend::Aware] {
            for collective in Collective::ALL {
                let _ = predict(&network, &system, backend, collective, bytes);
            }
        }
    }
}
