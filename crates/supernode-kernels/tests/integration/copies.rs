//! Copies and comparisons.

use proptest::prelude::*;
use supernode_kernels::{STREAMING_MIN_BYTES, copy, copy_streaming, count_unequal};
use supernode_units::DType;

proptest! {
    #[test]
    fn copies_are_equal_at_any_alignment(
        data in prop::collection::vec(any::<u8>(), 0..3000),
        skew in 0_usize..80,
    ) {
        let skew = skew.min(data.len());
        let from = &data[skew..];
        let mut room = vec![0xa5; data.len() + 80];
        let end = 80 - skew + from.len();
        copy_streaming(&mut room[80 - skew..end], from);
        prop_assert_eq!(&room[80 - skew..end], from);
        prop_assert!(room[..80 - skew].iter().chain(&room[end..]).all(|byte| *byte == 0xa5));
    }

    #[test]
    fn every_changed_element_is_counted(
        elements in 1_usize..200,
        changed in prop::collection::btree_set(0_usize..200, 0..20),
        dtype in prop::sample::select(DType::ALL.to_vec()),
    ) {
        let width = dtype.bytes() as usize;
        let want = vec![0x11; elements * width];
        let mut got = want.clone();
        let changed: Vec<usize> = changed.into_iter().filter(|i| *i < elements).collect();
        for element in &changed {
            got[element * width] ^= 0x01;
        }
        prop_assert_eq!(count_unequal(dtype, &got, &want), changed.len() as u64);
        // Elements that are missing count as well.
        prop_assert_eq!(count_unequal(dtype, &want[width..], &want), 1);
    }
}

#[test]
fn long_copies_bypass_the_cache_and_are_equal() {
    let from: Vec<u8> = (0..STREAMING_MIN_BYTES * 3 + 17).map(|i| (i % 253) as u8).collect();
    let mut to = vec![0; from.len()];
    copy(&mut to, &from);
    assert_eq!(to, from);
}

#[test]
fn a_nan_equals_a_nan_and_nothing_else() {
    let (quiet, other) = (f32::NAN.to_ne_bytes(), f32::from_bits(0x7fc0_1234).to_ne_bytes());
    assert_eq!(count_unequal(DType::F32, &quiet, &other), 0);
    assert_eq!(count_unequal(DType::F32, &quiet, &1_f32.to_ne_bytes()), 1);
    assert_eq!(count_unequal(DType::I32, &quiet, &other), 1);
}
