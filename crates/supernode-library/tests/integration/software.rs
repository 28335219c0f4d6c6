//! Any group of a system's devices by the library of its chips.

use proptest::prelude::*;
use supernode_catalog::{Catalog, End};
use supernode_library::costs::Costs;
use supernode_library::nccl::Call;
use supernode_library::{
    Communicator, Element, Function, Group, Launched, LibraryError, Platform, Software,
};
use supernode_units::{MessageSize, Time};

const FUNCTIONS: [Function; 3] =
    [Function::AllReduce, Function::AllGather, Function::ReduceScatter];

fn group(id: &str, ranks: u32, stride: u32, end: End) -> Result<Group, LibraryError> {
    let catalog = Catalog::builtin().unwrap();
    let system = catalog.system(id).unwrap();
    let chip = catalog.chip_of(system).unwrap();
    Software::of(system, chip)?.on(system, chip, end)?.group(ranks, stride)
}

fn time(id: &str, ranks: u32, stride: u32, end: End, bytes: u64) -> Time {
    group(id, ranks, stride, end).unwrap().time(Function::AllGather, bytes).unwrap()
}

#[test]
fn a_whole_node_takes_what_its_communicator_says() {
    // Measured chips without ranges: all ends are one.
    let catalog = Catalog::builtin().unwrap();
    let platform = Platform::of(&catalog, catalog.system("dgx-h100").unwrap()).unwrap();
    let library = "nccl".parse().unwrap();
    let made = Communicator::new(library, platform, 1, 8, Costs::builtin().unwrap()).unwrap();
    for end in [End::Best, End::Middle, End::Worst] {
        let group = group("dgx-h100", 8, 1, end).unwrap();
        for (function, bytes) in
            [(FUNCTIONS[0], 1 << 10), (FUNCTIONS[1], 1 << 20), (FUNCTIONS[2], 1 << 28)]
        {
            let size = MessageSize::new(bytes);
            let call = Call { element: Element::Bf16, ..Call::new(function, size) };
            let choice = made.choose(&call);
            assert_eq!(group.algorithm(function, bytes).unwrap(), choice.name());
            let expected = made.time(&call, &choice, Launched::default());
            let found = group.time(function, bytes).unwrap();
            if end == End::Middle {
                assert_eq!(found, expected, "{function} {bytes}");
            }
            match end {
                End::Best => assert!(found <= expected, "{function} {bytes}"),
                _ => assert!(found >= expected, "{function} {bytes}"),
            }
        }
    }
}

#[test]
fn what_nobody_measured_is_a_range_and_what_was_is_none() {
    let bytes = 1 << 16;
    let at = |id, end| time(id, 8, 1, end, bytes);
    // Rubin's costs lie between those of the chips that were measured.
    assert!(at("vr-nvl144", End::Best) < at("vr-nvl144", End::Middle));
    assert!(at("vr-nvl144", End::Middle) < at("vr-nvl144", End::Worst));
    // HCCL's steps are published of no machine.
    assert!(at("cloudmatrix-384", End::Best) < at("cloudmatrix-384", End::Worst));
}

#[test]
fn servers_reach_each_other_over_the_closest_level() {
    // One link of the cabinet's mesh (56 GB/s) against a port to the switches of the pod (224 GB/s).
    let (near, far) = (8, 64);
    let [near, far] = [near, far]
        .map(|stride| time("atlas-950-superpod", 2, stride, End::Best, 1 << 30).as_secs_f64());
    assert!((3.9..4.1).contains(&(near / far)), "{near} {far}");
}

#[test]
fn what_has_no_library_and_what_is_no_group_says_so() {
    let error = |id, ranks| group(id, ranks, 1, End::Middle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        error("trn2-ultraserver", 8),
        "no library profile for trn2-ultraserver: none is built in for neuroncore-v3 chips"
    );
    assert!(error("dgx-h100", 1).contains("the number of ranks is 1"), "{}", error("dgx-h100", 1));
    assert!(error("cloudmatrix-384", 1 << 21).contains("the number of ranks"));
}

#[test]
fn steps_are_set_where_they_are_published_of_no_machine() {
    let catalog = Catalog::builtin().unwrap();
    let of = |id| {
        let system = catalog.system(id).unwrap();
        Software::of(system, catalog.chip_of(system).unwrap()).unwrap()
    };
    assert_eq!(of("dgx-h100").step_us(), None);
    assert!(of("dgx-h100").with_step_us(1.0).is_none());
    let hccl = of("cloudmatrix-384");
    assert_eq!(hccl.step_us(), Some((2.1, 60.0)));
    assert_eq!(hccl.with_step_us(7.0).unwrap().step_us(), Some((7.0, 7.0)));
}

proptest! {
    #[test]
    fn a_group_is_no_faster_at_the_bad_end(
        system in prop::sample::select(vec![
            "cloudmatrix-384", "atlas-950-superpod", "atlas-800t-a2", "vr-nvl144", "gb200-nvl72",
            "mi300x-x8", "dgx-h100",
        ]),
        (ranks, stride) in (2_u32..9, 1_u32..5).prop_filter("eight devices", |(r, s)| r * s <= 8),
        function in prop::sample::select(FUNCTIONS.to_vec()),
        power in 3_u32..31,
    ) {
        let at = |end| group(system, ranks, stride, end).unwrap().time(function, 1 << power).unwrap();
        let [best, middle, worst] = [End::Best, End::Middle, End::Worst].map(at);
        prop_assert!(best > Time::ZERO && best <= middle && middle <= worst, "{best} {middle} {worst}");
    }
}
