//! Sums of real numbers: rounded, but bounded, and equal on every rank where that is promised.

use bytes::Bytes;
use proptest::prelude::*;
use supernode_collectives::{Algorithm, Collective};
use supernode_emulator::{Emulator, Output, Results};
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, fitting, job, pairs};

/// Uniform numbers between -1 and 1 from a seed.
pub(crate) fn reals(count: usize, seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed | 1;
    (0..count).map(move |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    })
}

pub(crate) fn encode(dtype: DType, values: impl Iterator<Item = f64>) -> Bytes {
    match dtype {
        DType::F64 => values.flat_map(f64::to_ne_bytes).collect(),
        DType::F16 => values.flat_map(|v| half::f16::from_f64(v).to_ne_bytes()).collect(),
        DType::Bf16 => values.flat_map(|v| half::bf16::from_f64(v).to_ne_bytes()).collect(),
        DType::E4m3 | DType::E5m2 => values.map(|v| eight_bits(dtype, v)).collect(),
        _ => values.flat_map(|v| (v as f32).to_ne_bytes()).collect(),
    }
}

/// The value of a finite eight-bit float: E5M2 is the upper half of an f16, and E4M3 has an exponent
/// less, by which it is 2^8 times larger.
fn value_of_eight_bits(dtype: DType, bits: u8) -> f64 {
    if dtype == DType::E5m2 {
        return half::f16::from_bits(u16::from(bits) << 8).to_f64();
    }
    let wide = u16::from(bits & 0x80) << 8 | u16::from(bits & 0x7f) << 7;
    half::f16::from_bits(wide).to_f64() * 256.0
}

/// The one that is nearest.
fn eight_bits(dtype: DType, value: f64) -> u8 {
    let far = |bits: &u8| (value_of_eight_bits(dtype, *bits) - value).abs();
    let finite = (0..=0x7b_u8).flat_map(|bits| [bits, bits | 0x80]);
    finite.min_by(|a, b| far(a).total_cmp(&far(b))).expect("some are finite")
}

fn decode(dtype: DType, raw: &[u8]) -> Vec<f64> {
    raw.chunks_exact(dtype.bytes() as usize)
        .map(|x| match (dtype, x) {
            (DType::F16, &[a, b]) => half::f16::from_ne_bytes([a, b]).to_f64(),
            (DType::Bf16, &[a, b]) => half::bf16::from_ne_bytes([a, b]).to_f64(),
            (DType::E4m3 | DType::E5m2, &[a]) => value_of_eight_bits(dtype, a),
            (DType::F32, &[a, b, c, d]) => f64::from(f32::from_ne_bytes([a, b, c, d])),
            _ => f64::from_ne_bytes(x.try_into().expect("eight bytes")),
        })
        .collect()
}

/// Largest relative error of one addition.
fn unit(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 2_f64.powi(-11) + 2_f64.powi(-24),
        DType::Bf16 => 2_f64.powi(-8) + 2_f64.powi(-24),
        DType::E4m3 => 2_f64.powi(-4) + 2_f64.powi(-24),
        DType::E5m2 => 2_f64.powi(-3) + 2_f64.powi(-24),
        DType::F64 => 2_f64.powi(-53),
        _ => 2_f64.powi(-24),
    }
}

/// What rounding in the subnormal range can lose on top.
fn smallest(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 2_f64.powi(-25),
        DType::E4m3 => 2_f64.powi(-10),
        DType::E5m2 => 2_f64.powi(-17),
        _ => f64::from(f32::MIN_POSITIVE),
    }
}

/// Those with an all-reduce.
fn algorithms() -> Vec<Algorithm> {
    let all_reduces = pairs().into_iter().filter(|(_, what)| *what == Collective::AllReduce);
    all_reduces.map(|(algorithm, _)| algorithm).collect()
}

fn whole(output: &Output) -> Vec<u8> {
    output.pieces().flat_map(<[u8]>::to_vec).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sums_are_within_the_bound_and_equal_where_promised(
        algorithm in prop::sample::select(algorithms()),
        ranks in 1_u32..=65,
        count in 0_usize..400,
        dtype in prop::sample::select(DType::ALL.into_iter().filter(|d| d.is_float()).collect::<Vec<_>>()),
        average in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let collective = Collective::AllReduce;
        let ranks = fitting((algorithm, collective), ranks);
        let op = if average { ReduceOp::Avg } else { ReduceOp::Sum };
        let job = job(algorithm, collective, ranks, count as u64, dtype, op, Results::Own);
        let inputs: Vec<Bytes> = (0..ranks)
            .map(|rank| encode(dtype, reals(count, seed ^ u64::from(rank) << 32)))
            .collect();
        let report = Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        let outputs: Vec<Vec<u8>> = report.outputs.iter().map(whole).collect();
        // A census adds in an order of its own on each rank.
        let promised = job.schedule.shape().bit_identical;
        prop_assert!(promised || algorithm == Algorithm::Census);
        prop_assert!(!promised || outputs.iter().all(|output| *output == outputs[0]), "{} differs", algorithm);
        let inputs: Vec<Vec<f64>> = inputs.iter().map(|raw| decode(dtype, raw)).collect();
        // Every input passes at most ranks - 1 additions, and a division; the reference, summed in
        // f64, errs by as many roundings of its own.
        let roundings = |unit: f64| (f64::from(ranks) * unit.ln_1p()).exp_m1();
        let growth = roundings(unit(dtype)) + roundings(unit(DType::F64));
        let divisor = if average { f64::from(ranks) } else { 1.0 };
        for output in &outputs {
            for (element, got) in decode(dtype, output).into_iter().enumerate() {
                let exact: f64 = inputs.iter().map(|input| input[element]).sum::<f64>() / divisor;
                let size: f64 = inputs.iter().map(|input| input[element].abs()).sum::<f64>() / divisor;
                let bound = growth * size + smallest(dtype);
                prop_assert!((got - exact).abs() <= bound, "{} of {}, bound {}", got, exact, bound);
            }
        }
    }
}
