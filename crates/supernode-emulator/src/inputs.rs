//! Inputs whose reduction is exact, whatever the order of the operations.
//!
//! As in nccl-tests, a result can then be compared bit for bit: integers wrap, so any values do;
//! floating-point sums use small integers whose partial sums all fit the mantissa; products use
//! signs and one pair of 2 and 1/2 per element; minima and maxima do not round.

use bytes::Bytes;
use supernode_collectives::{Buf, Chunks, Rank, Shape};
use supernode_units::{DType, ReduceOp};

use crate::fp8;

/// Which values the ranks contribute.
#[derive(Debug, Clone)]
pub struct InputSpec {
    /// The outline of the schedule.
    pub shape: Shape,
    /// Its layout.
    pub chunks: Chunks,
    /// Element type.
    pub dtype: DType,
    /// Operator.
    pub op: ReduceOp,
    /// Seed; equal seeds give equal inputs.
    pub seed: u64,
}

impl InputSpec {
    /// The input of `rank`.
    pub fn generate(&self, rank: Rank) -> Bytes {
        let bytes = self.chunks.buffer_bytes(Buf::Input, rank);
        let elements = bytes / self.dtype.bytes();
        let mut data: Vec<u8> = Vec::with_capacity(bytes as usize);
        let values = (0..elements).map(|element| self.value(rank, element));
        match self.dtype {
            DType::F32 => data.extend(values.flat_map(|v| (v as f32).to_ne_bytes())),
            DType::F64 => data.extend(values.flat_map(f64::to_ne_bytes)),
            DType::F16 => data.extend(values.flat_map(|v| half::f16::from_f64(v).to_ne_bytes())),
            DType::Bf16 => data.extend(values.flat_map(|v| half::bf16::from_f64(v).to_ne_bytes())),
            DType::E4m3 | DType::E5m2 => data.extend(values.map(|v| fp8::from_f64(self.dtype, v))),
            DType::I32 => data.extend(values.flat_map(|v| (v as i32).to_ne_bytes())),
            DType::I64 => data.extend(values.flat_map(|v| (v as i64).to_ne_bytes())),
            DType::I8 | DType::U8 => data.extend(values.map(|v| v as i64 as u8)),
            DType::U32 => data.extend(values.flat_map(|v| (v as i64 as u32).to_ne_bytes())),
            DType::U64 => data.extend(values.flat_map(|v| (v as i64 as u64).to_ne_bytes())),
        }
        Bytes::from(data)
    }

    /// All inputs, made on `threads` threads.
    pub fn generate_all(&self, threads: usize) -> Vec<Bytes> {
        let mut inputs = vec![Bytes::new(); self.shape.ranks as usize];
        let share = inputs.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (part, slots) in inputs.chunks_mut(share).enumerate() {
                scope.spawn(move || {
                    for (rank, slot) in (part * share..).zip(slots) {
                        *slot = self.generate(rank as Rank);
                    }
                });
            }
        });
        inputs
    }

    /// Element `element` of `rank`, an integer or a power of two that the type holds exactly.
    fn value(&self, rank: Rank, element: u64) -> f64 {
        let ranks = u64::from(self.shape.ranks);
        let random = mix(self.seed ^ mix(u64::from(rank) << 40 ^ element));
        let reduces_by = |op| self.shape.collective.reduces() && self.op == op;
        if reduces_by(ReduceOp::Prod) && self.dtype.is_float() {
            let position = mix(self.seed.wrapping_add(element));
            let sign = if random & 1 == 0 { 1.0 } else { -1.0 };
            let doubles = position % ranks == u64::from(rank);
            let halves = (position >> 32) % ranks == u64::from(rank);
            return sign * if doubles { 2.0 } else { 1.0 } * if halves { 0.5 } else { 1.0 };
        }
        let sums = reduces_by(ReduceOp::Sum) || reduces_by(ReduceOp::Avg);
        let exact = 1_u64 << self.mantissa_bits();
        let largest = if sums { exact / ranks } else { exact };
        if largest == 0 {
            // More ranks than the mantissa counts: one in `apart` contributes one, so that no sum of
            // any of them is too large.
            let apart = ranks.div_ceil(exact);
            let turn = mix(self.seed.wrapping_add(element)) % apart;
            return match (u64::from(rank) + turn).is_multiple_of(apart) {
                true if random & 1 == 0 => 1.0,
                true => -1.0,
                false => 0.0,
            };
        }
        let largest = largest.min(1 << 20) as i64;
        (random % (2 * largest as u64 + 1)) as f64 - largest as f64
    }

    /// Bits of integers that the type holds exactly (for integers: enough for variety).
    fn mantissa_bits(&self) -> u32 {
        match self.dtype {
            DType::F64 | DType::I64 | DType::I32 | DType::U64 | DType::U32 => 52,
            DType::F32 => 24,
            DType::F16 => 11,
            DType::Bf16 | DType::I8 | DType::U8 => 8,
            DType::E4m3 => 4,
            DType::E5m2 => 3,
        }
    }
}

/// The finaliser of splitmix64: a fixed, portable mixing of 64 bits.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
