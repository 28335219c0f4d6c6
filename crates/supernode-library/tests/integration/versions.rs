//! Constants by version.

use supernode_library::nccl::{Algorithm, Constants, Generation};
use supernode_library::{LibraryError, Version};

fn of(minor: u32) -> Constants {
    Constants::of(Version::new(2, minor)).unwrap()
}

#[test]
fn every_version_resolves() {
    for minor in 12..=30 {
        let constants = of(minor);
        assert_eq!(constants.note().is_some(), minor == 17, "2.{minor}");
    }
    let note = of(17).note().unwrap();
    assert_eq!(note, "the constants of NCCL 2.17 are not known; those of 2.16 are used");
    assert_eq!(of(31).version(), Constants::NEWEST);
    assert_eq!(Constants::of(Version::new(3, 0)).unwrap().version(), Constants::NEWEST);
    let error = Constants::of(Version::new(2, 11)).unwrap_err();
    assert!(matches!(&error, LibraryError::TooOld { oldest, .. } if oldest == "2.12"), "{error}");
}

#[test]
fn versions_differ_where_they_are_known_to() {
    let check = |got: [f64; 3], want: [f64; 3]| {
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12), "{got:?} {want:?}");
    };
    let latency = |minor| of(minor).tables.latency;
    check(latency(12).base.ring, [3.6, 10.0, 8.4]);
    check(latency(12).net.ring, [2.7, 4.0, 28.0]);
    check(latency(14).net.ring, [2.7, 4.0, 9.6]);
    check(latency(18).nvlink.tree, [0.6, 1.25, 4.0]);
    check(latency(18).net.nvls_tree, [0.0, 0.0, 19.0]);
    check(latency(20).nvlink.of(Algorithm::Nvls), [0.0, 0.0, 23.0]);
    check(latency(21).nvlink.of(Algorithm::Nvls), [0.0, 0.0, 25.0]);
    check(latency(22).net.tree, [5.0, 8.5, 28.0]);
    check(latency(23).base.tree, [6.8, 14.0, 8.4]);
    check(latency(27).net.nvls_tree, [0.0, 0.0, 14.0]);
    check(latency(28).net.nvls_tree, [0.0, 0.0, 20.9]);
    check(of(16).tables.bandwidth.tree.hopper, [24.0, 23.6, 17.8]);
    check(of(20).tables.bandwidth.ll.hopper, [87.7, 22.5, 19.0]);
    check(of(26).tables.bandwidth.tree.blackwell, [77.4, 82.8, 72.0]);
    check(of(28).tables.bandwidth.ring_ll128.blackwell, [73.4, 34.6, 73.4]);
    check(of(30).tables.bandwidth.ring_ll128.blackwell, [40.0; 3]);
    let cap = of(30).tables.bandwidth.ll.of(Generation::Hopper, 7);
    assert!((cap - 35.0).abs() < 1e-12);
}

#[test]
fn a_changed_table_names_the_source_of_the_change() {
    assert!(of(30).tables.latency.base.source.contains("v2.30.7"));
    assert!(of(22).tables.latency.base.source.contains("v2.19 to v2.22"));
}

#[test]
fn versions_are_read_as_people_write_them() {
    for text in ["2.27", "v2.27.3", "2.27.3-1", "2.27.3+cuda12.9"] {
        assert_eq!(text.parse::<Version>().unwrap(), Version::new(2, 27), "{text}");
    }
    for text in ["", "2", "two", "2.x", "2.27.x"] {
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
}
