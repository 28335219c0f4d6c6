//! Eight-bit floats: every value with every other.

use supernode_kernels::{count_unequal, divide, reduce_into};
use supernode_units::{DType, ReduceOp};

use crate::eight_bits::Format;
use crate::reference::combine;

#[test]
fn every_value_meets_every_other() {
    let values: Vec<u8> = (0..=u8::MAX).collect();
    for dtype in [DType::E4m3, DType::E5m2] {
        for op in [ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
            for other in 0..=u8::MAX {
                let mut got = values.clone();
                reduce_into(dtype, op, &mut got, &[other; 256]);
                let want: Vec<u8> =
                    values.iter().flat_map(|a| combine(dtype, op, &[*a], &[other])).collect();
                assert_eq!(count_unequal(dtype, &got, &want), 0, "{dtype} {op} {other:#04x}");
            }
        }
    }
}

#[test]
fn sums_saturate_and_minima_keep_infinities() {
    let check = |dtype, op, a: u8, b: u8, want: u8| {
        let mut got = [a];
        reduce_into(dtype, op, &mut got, &[b]);
        assert_eq!(got, [want], "{dtype} {op} of {a:#04x} and {b:#04x}");
    };
    for (dtype, largest) in [(DType::E4m3, 0x7e), (DType::E5m2, 0x7b)] {
        check(dtype, ReduceOp::Sum, largest, largest, largest);
        check(dtype, ReduceOp::Sum, largest | 0x80, largest | 0x80, largest | 0x80);
        check(dtype, ReduceOp::Prod, largest, largest | 0x80, largest | 0x80);
        check(dtype, ReduceOp::Min, 0x7f, largest, largest);
        check(dtype, ReduceOp::Max, 0x80, 0x00, 0x00);
        check(dtype, ReduceOp::Min, 0x00, 0x80, 0x80);
    }
    check(DType::E5m2, ReduceOp::Sum, 0x7c, 0x3c, 0x7b);
    check(DType::E5m2, ReduceOp::Max, 0x7c, 0x3c, 0x7c);
    check(DType::E5m2, ReduceOp::Min, 0xfc, 0x3c, 0xfc);
}

#[test]
fn averages_are_rounded_once() {
    for (dtype, format) in [(DType::E4m3, Format::E4M3), (DType::E5m2, Format::E5M2)] {
        for n in 1..=300 {
            let mut got: Vec<u8> = (0..=u8::MAX).collect();
            let want: Vec<u8> =
                got.iter().map(|x| format.nearest(format.value(*x) / n as f64)).collect();
            divide(dtype, &mut got, n);
            assert_eq!(count_unequal(dtype, &got, &want), 0, "{dtype} / {n}");
        }
    }
}
