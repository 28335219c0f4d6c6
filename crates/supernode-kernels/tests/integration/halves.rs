//! f16 and bf16 bit arithmetic against the `half` crate, over every value.

use supernode_kernels::{count_unequal, reduce_into};
use supernode_units::{DType, ReduceOp};

use crate::reference::combine;

/// Every 16-bit pattern once.
fn every_value() -> Vec<u8> {
    (0..=u16::MAX).flat_map(u16::to_ne_bytes).collect()
}

/// Values that meet every one of the others: zeros, ones, extremes, subnormals, infinities, NaNs,
/// and a stride through the rest.
fn partners() -> Vec<u16> {
    let special = [
        0, 0x8000, 0x3c00, 0xbc00, 0x3f80, 0xbf80, 0x0001, 0x8001, 0x03ff, 0x0400, 0x007f, 0x0080,
        0x7bff, 0x7c00, 0xfc00, 0x7c01, 0x7e00, 0x7f7f, 0x7f80, 0xff80, 0x7f81, 0x7fc0, 0xffff,
    ];
    special.into_iter().chain((0..=u16::MAX).step_by(1021)).collect()
}

#[test]
fn every_half_meets_many_others_and_rounds_to_even() {
    let values = every_value();
    for dtype in [DType::F16, DType::Bf16] {
        for op in [ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
            for partner in partners() {
                let other = partner.to_ne_bytes().repeat(values.len() / 2);
                let mut got = values.clone();
                reduce_into(dtype, op, &mut got, &other);
                let want: Vec<u8> = values
                    .chunks_exact(2)
                    .flat_map(|a| combine(dtype, op, a, &partner.to_ne_bytes()))
                    .collect();
                assert_eq!(count_unequal(dtype, &got, &want), 0, "{dtype} {op} {partner:#06x}");
            }
        }
    }
}
