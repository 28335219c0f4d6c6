//! Kernels over symmetric memory.

use supernode_library::nccl::symmetric::{Estimate, Kernel, choose, estimate};
use supernode_library::nccl::{Call, Constants, Machine, NvSwitch, Tuner};
use supernode_library::{Element, Function, Version};
use supernode_units::MessageSize;

use crate::{a100, b200, h100, tuner};

fn all_reduce(bytes: u64) -> Call {
    Call::new(Function::AllReduce, MessageSize::new(bytes))
}

/// Time in microseconds.
fn us(machine: Machine, call: &Call, kernel: Kernel) -> f64 {
    estimate(&tuner(machine), call, kernel).unwrap().time.as_us_f64()
}

#[test]
fn the_smallest_calls_take_the_base_latency() {
    // The softplus of -1 on top, and 2.5 % at most for fewer blocks.
    let check = |got: f64, base: f64| {
        let want = base + (-1f64).exp().ln_1p();
        assert!(got >= want && got <= want * 1.03, "{got} {want}");
    };
    check(us(h100(1), &all_reduce(8), Kernel::Ll), 4.5);
    check(us(h100(1), &all_reduce(8), Kernel::Direct), 7.8);
    check(us(b200(1), &all_reduce(8), Kernel::Ll), 11.0);
    check(us(b200(1), &all_reduce(8), Kernel::Multicast), 19.5);
    let gather = Call { function: Function::AllGather, ..all_reduce(64) };
    check(us(b200(1), &gather, Kernel::Ll), 8.5);
    check(us(b200(1), &gather, Kernel::Direct), 13.0);
}

#[test]
fn large_calls_take_what_the_links_carry() {
    let bytes = 1u64 << 33;
    let gib_s = |machine, kernel, traffic: f64| {
        traffic * bytes as f64
            / f64::from(1 << 30)
            / (us(machine, &all_reduce(bytes), kernel) * 1e-6)
    };
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 0.03, "{got} {want}");
    near(gib_s(h100(1), Kernel::Direct, 1.75), 320.0);
    near(gib_s(h100(1), Kernel::Multicast, 1.125), 480.0);
    near(gib_s(b200(1), Kernel::Direct, 1.75), 600.0);
    near(gib_s(b200(1), Kernel::Multicast, 1.125), 1000.0);
}

#[test]
fn multicast_runs_on_few_blocks_and_the_least_time_wins() {
    let large = choose(&tuner(h100(1)), &all_reduce(1 << 30)).unwrap();
    assert_eq!((large.kernel, large.blocks), (Kernel::Multicast, 2));
    let small = choose(&tuner(h100(1)), &all_reduce(1024)).unwrap();
    assert!(matches!(small.kernel, Kernel::Ll | Kernel::LlMulticast), "{small:?}");
    let plain = Machine { switch: NvSwitch::Plain, ..h100(1) };
    let Estimate { kernel, .. } = choose(&tuner(plain), &all_reduce(1 << 30)).unwrap();
    assert_eq!(kernel, Kernel::Direct);
}

#[test]
fn what_has_no_symmetric_kernel() {
    let call = all_reduce(1024);
    assert!(choose(&tuner(a100(1)), &call).is_none());
    assert!(choose(&tuner(h100(2)), &call).is_none());
    assert!(choose(&tuner(h100(1)), &Call { element: Element::I32, ..call }).is_none());
    assert!(choose(&tuner(h100(1)), &Call { function: Function::Reduce, ..call }).is_none());
    let old = Tuner::new(Constants::of(Version::new(2, 26)).unwrap(), h100(1)).unwrap();
    assert!(choose(&old, &call).is_none());
}
