//! The vectorised loops against one element at a time.

use proptest::prelude::*;
use supernode_kernels::{count_unequal, divide, reduce, reduce_into, reduce_many};
use supernode_units::{DType, ReduceOp};

use crate::reference::combine;

/// Bytes of whole elements, at an address that is off by a few bytes.
#[derive(Debug, Clone)]
struct Operands {
    dtype: DType,
    op: ReduceOp,
    /// Bytes before the first element.
    skew: usize,
    elements: usize,
    raw: Vec<Vec<u8>>,
}

impl Operands {
    fn slice(&self, index: usize) -> &[u8] {
        &self.raw[index][self.skew..self.skew + self.elements * self.dtype.bytes() as usize]
    }

    fn expected(&self, a: &[u8], b: &[u8]) -> Vec<u8> {
        let width = self.dtype.bytes() as usize;
        let pairs = a.chunks_exact(width).zip(b.chunks_exact(width));
        pairs.flat_map(|(a, b)| combine(self.dtype, self.op, a, b)).collect()
    }
}

fn operands(count: std::ops::Range<usize>) -> impl Strategy<Value = Operands> {
    let shape = (
        prop::sample::select(DType::ALL.to_vec()),
        prop::sample::select(ReduceOp::ALL.to_vec()),
        0_usize..9,
        0_usize..400,
        count,
    );
    shape.prop_flat_map(|(dtype, op, skew, elements, count)| {
        let bytes = skew + elements * dtype.bytes() as usize;
        prop::collection::vec(prop::collection::vec(any::<u8>(), bytes), count)
            .prop_map(move |raw| Operands { dtype, op, skew, elements, raw })
    })
}

proptest! {
    #[test]
    fn a_pair_is_reduced_element_by_element(operands in operands(2..3)) {
        let (a, b) = (operands.slice(0), operands.slice(1));
        let want = operands.expected(a, b);
        let mut pair = vec![0; a.len()];
        reduce(operands.dtype, operands.op, &mut pair, a, b);
        prop_assert_eq!(count_unequal(operands.dtype, &pair, &want), 0);
        let mut into = a.to_vec();
        reduce_into(operands.dtype, operands.op, &mut into, b);
        prop_assert_eq!(count_unequal(operands.dtype, &into, &want), 0);
    }

    #[test]
    fn many_are_reduced_from_left_to_right(operands in operands(1..24)) {
        let slices: Vec<&[u8]> = (0..operands.raw.len()).map(|i| operands.slice(i)).collect();
        let mut got = vec![0; slices[0].len()];
        reduce_many(operands.dtype, operands.op, &mut got, &slices);
        let want = slices[1..].iter().fold(slices[0].to_vec(), |acc, next| operands.expected(&acc, next));
        prop_assert_eq!(count_unequal(operands.dtype, &got, &want), 0);
    }
}

#[test]
fn blocks_larger_than_the_cache_block_are_whole() {
    let raw: Vec<Vec<u8>> =
        (1..5_u8).map(|seed| (0..100_003_u32).map(|i| (i % 251) as u8 ^ seed).collect()).collect();
    let slices: Vec<&[u8]> = raw.iter().map(Vec::as_slice).collect();
    let mut got = vec![0; slices[0].len()];
    reduce_many(DType::U8, ReduceOp::Sum, &mut got, &slices);
    let want: Vec<u8> =
        (0..got.len()).map(|i| raw.iter().fold(0, |sum: u8, v| sum.wrapping_add(v[i]))).collect();
    assert_eq!(got, want);
}

#[test]
fn averages_round_floats_once_and_integers_towards_zero() {
    let check = |dtype, before: &[u8], n, after: &[u8]| {
        let mut raw = before.to_vec();
        divide(dtype, &mut raw, n);
        assert_eq!(raw, after, "{dtype} / {n}");
    };
    check(DType::F32, &10_f32.to_ne_bytes(), 3, &(10_f32 / 3.0).to_ne_bytes());
    check(DType::F64, &10_f64.to_ne_bytes(), 3, &(10_f64 / 3.0).to_ne_bytes());
    let third = half::f16::from_f32(10.0 / 3.0);
    check(DType::F16, &half::f16::from_f32(10.0).to_ne_bytes(), 3, &third.to_ne_bytes());
    let third = half::bf16::from_f32(10.0 / 3.0);
    check(DType::Bf16, &half::bf16::from_f32(10.0).to_ne_bytes(), 3, &third.to_ne_bytes());
    check(DType::I32, &(-10_i32).to_ne_bytes(), 3, &(-3_i32).to_ne_bytes());
    check(DType::I64, &i64::MIN.to_ne_bytes(), 1, &i64::MIN.to_ne_bytes());
    check(DType::I8, &[-10_i8 as u8], 3, &[-3_i8 as u8]);
    check(DType::U8, &[250], 3, &[83]);
    check(DType::U32, &u32::MAX.to_ne_bytes(), 2, &(u32::MAX / 2).to_ne_bytes());
    check(DType::U64, &u64::MAX.to_ne_bytes(), 2, &(u64::MAX / 2).to_ne_bytes());
}

#[test]
fn minima_and_maxima_ignore_nan_and_order_zeros() {
    let check = |op, a: f32, b: f32, want: f32| {
        let mut got = a.to_ne_bytes();
        reduce_into(DType::F32, op, &mut got, &b.to_ne_bytes());
        assert_eq!(f32::from_ne_bytes(got).to_bits(), want.to_bits(), "{op} of {a} and {b}");
    };
    for (a, b) in [(f32::NAN, 1.0), (1.0, f32::NAN)] {
        check(ReduceOp::Min, a, b, 1.0);
        check(ReduceOp::Max, a, b, 1.0);
    }
    for (a, b) in [(0.0, -0.0), (-0.0, 0.0)] {
        check(ReduceOp::Min, a, b, -0.0);
        check(ReduceOp::Max, a, b, 0.0);
    }
}
