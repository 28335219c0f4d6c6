//! What a message carries, and the buffers behind it.
//!
//! Bytes are moved as late and as rarely as possible. A whole value is shared by reference count.
//! An accumulator travels with its buffer: the hop that reduces owns it, so nothing is copied. A
//! large accumulator does not even exist yet: it travels as the list of its operands and is
//! computed once, blockwise and in the order of the hops, when a rank needs its bytes. The bits are
//! the same, but every operand is read once from memory and every partial sum stays in cache.

use std::sync::Arc;

use bytes::Bytes;
use crossbeam::queue::SegQueue;
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

/// Accumulators of at least this many bytes travel as operand lists: below it, the list costs more
/// than the cache misses it saves.
const LAZY_MIN_BYTES: usize = 8 << 10;

/// Operands an accumulator may collect before it is computed; bounds the lists of a long ring.
const LAZY_MAX_PARTS: usize = 128;

/// The element type and operator of a reduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arithmetic {
    pub(crate) dtype: DType,
    pub(crate) op: ReduceOp,
}

/// The data of one message.
#[derive(Debug)]
pub(crate) enum Payload {
    /// Only the size is emulated, or there is no data (a signal).
    Nothing,
    /// A value that may be shared.
    Whole(Bytes),
    /// A partial result that its holder owns.
    Accumulator(Buffer),
    /// A partial result that is still the list of its operands, first operand first.
    Lazy(Vec<Bytes>),
}

impl Payload {
    /// `self = self ⊕ local`, without computing it if it is large.
    pub(crate) fn combine(&mut self, local: &Bytes, math: Arithmetic, pool: &Arc<Pool>) {
        let Arithmetic { dtype, op } = math;
        match self {
            Self::Nothing => {}
            Self::Whole(value) if value.len() >= LAZY_MIN_BYTES => {
                let mut parts = Vec::with_capacity(LAZY_MAX_PARTS);
                parts.push(std::mem::take(value));
                parts.push(local.clone());
                *self = Self::Lazy(parts);
            }
            Self::Whole(value) => {
                let mut buffer = pool.take(value.len());
                kernels::reduce(dtype, op, buffer.as_mut(), value, local);
                *self = Self::Accumulator(buffer);
            }
            Self::Accumulator(buffer) => kernels::reduce_into(dtype, op, buffer.as_mut(), local),
            Self::Lazy(parts) => {
                if parts.len() == LAZY_MAX_PARTS {
                    let whole = compute(parts, math, pool).freeze();
                    parts.clear();
                    parts.push(whole);
                }
                parts.push(local.clone());
            }
        }
    }

    /// The value as shareable bytes, computed if it is still a list.
    pub(crate) fn into_whole(self, math: Arithmetic, pool: &Arc<Pool>) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::Whole(value) => value,
            Self::Accumulator(buffer) => buffer.freeze(),
            Self::Lazy(parts) => compute(&parts, math, pool).freeze(),
        }
    }

    /// Appends this value to the operands of a left-to-right reduction. Its own operands can stand
    /// there in its place only if none comes before them: `a ⊕ (b ⊕ c)` is not `(a ⊕ b) ⊕ c`.
    pub(crate) fn append_to(self, operands: &mut Vec<Bytes>, math: Arithmetic, pool: &Arc<Pool>) {
        match self {
            Self::Nothing => {}
            Self::Lazy(parts) if operands.is_empty() => operands.extend(parts),
            value => operands.push(value.into_whole(math, pool)),
        }
    }
}

/// The left-to-right reduction of `parts` in a buffer of `pool`.
pub(crate) fn compute(parts: &[Bytes], math: Arithmetic, pool: &Arc<Pool>) -> Buffer {
    let mut buffer = pool.take(parts[0].len());
    kernels::reduce_many(math.dtype, math.op, buffer.as_mut(), parts);
    buffer
}

/// Free buffers, by size class, so that a steady state allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    classes: [SegQueue<Vec<u8>>; CLASSES],
}

/// Powers of two from 2^[`SMALLEST_LOG2`] up.
const CLASSES: usize = 32;
const SMALLEST_LOG2: u32 = 5;

impl Pool {
    /// A buffer of `len` bytes with unspecified contents.
    pub(crate) fn take(self: &Arc<Self>, len: usize) -> Buffer {
        let class = Self::class(len);
        let size = 1 << (class + SMALLEST_LOG2 as usize);
        let data = self.classes[class].pop().unwrap_or_else(|| vec![0; size]);
        Buffer { data, len, pool: Arc::clone(self) }
    }

    fn class(len: usize) -> usize {
        (len.next_power_of_two().trailing_zeros().max(SMALLEST_LOG2) - SMALLEST_LOG2) as usize
    }
}

/// A pooled buffer; goes back to its pool when its last user drops it.
#[derive(Debug)]
pub(crate) struct Buffer {
    data: Vec<u8>,
    len: usize,
    pool: Arc<Pool>,
}

impl Buffer {
    /// Makes the contents shareable; the buffer returns to the pool with the last reference.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.data[..self.len]
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.data[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        self.pool.classes[Pool::class(self.len)].push(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_return_to_their_pool() {
        let pool = Arc::new(Pool::default());
        let buffer = pool.take(100);
        let address = buffer.as_ref().as_ptr();
        let shared = buffer.freeze();
        let second = shared.clone();
        drop(shared);
        drop(second);
        assert_eq!(pool.take(128).as_ref().as_ptr(), address);
    }

    #[test]
    fn lazy_and_eager_accumulators_are_equal() {
        let math = Arithmetic { dtype: DType::F32, op: ReduceOp::Sum };
        let pool = Arc::new(Pool::default());
        let operand = |seed: u32, len: usize| -> Bytes {
            let value = |i: u32| (i.wrapping_mul(2_654_435_761) ^ seed) as f32 * 1e-3;
            (0..len as u32 / 4).flat_map(|i| value(i).to_ne_bytes()).collect()
        };
        let fold = |len: usize, hops: u32| {
            let mut sum = Payload::Whole(operand(0, len));
            for hop in 1..hops {
                sum.combine(&operand(hop, len), math, &pool);
            }
            sum.into_whole(math, &pool)
        };
        let lazy = fold(2 * LAZY_MIN_BYTES, 300);
        let eager = fold(64, 300);
        assert_eq!(lazy[..64], eager[..]);
    }
}
