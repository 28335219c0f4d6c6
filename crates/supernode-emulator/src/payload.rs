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
use supernode_collectives::Rank;
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

/// Accumulators of at least this many bytes travel as operand lists: below it, the list costs more
/// than the cache misses it saves.
const LAZY_MIN_BYTES: usize = 8 << 10;

/// Operands an accumulator may collect before it is computed; bounds the lists of a long ring.
const LAZY_MAX_PARTS: usize = 128;

/// What the values of a run are made of, and how they are combined.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) dtype: DType,
    pub(crate) op: ReduceOp,
    pub(crate) pool: Arc<Pool>,
    /// The contribution of each rank; empty where only sizes are emulated.
    pub(crate) inputs: Vec<Bytes>,
}

impl Data {
    /// `into = (operands[0] ⊕ operands[1]) ⊕ ...`.
    pub(crate) fn reduce(&self, into: &mut [u8], operands: &[Value]) {
        kernels::reduce_all(self.dtype, self.op, into, operands.len(), |k| operands[k].bytes(self));
    }

    /// The reduction of `operands` in a buffer of the pool.
    pub(crate) fn compute(&self, operands: &[Value]) -> Buffer {
        let mut buffer = self.pool.take(operands[0].bytes(self).len());
        self.reduce(buffer.as_mut(), operands);
        buffer
    }
}

/// Bytes that nobody changes any more.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Bytes of a rank's input. Inputs outlive the run: nobody has to count who refers to them.
    Input(Rank, usize, usize),
    /// Shared by reference count.
    Shared(Bytes),
}

impl Value {
    pub(crate) fn bytes<'a>(&'a self, data: &'a Data) -> &'a [u8] {
        match self {
            Self::Input(rank, start, end) => &data.inputs[*rank as usize][*start..*end],
            Self::Shared(bytes) => bytes,
        }
    }

    /// The same bytes, for longer than the run.
    pub(crate) fn into_shared(self, data: &Data) -> Bytes {
        match self {
            Self::Input(rank, start, end) => data.inputs[rank as usize].slice(start..end),
            Self::Shared(bytes) => bytes,
        }
    }
}

impl From<Buffer> for Value {
    fn from(buffer: Buffer) -> Self {
        Self::Shared(buffer.freeze())
    }
}

/// The data of one message.
#[derive(Debug)]
pub(crate) enum Payload {
    /// Only the size is emulated, or there is no data (a signal).
    Nothing,
    /// A value that may be shared.
    Whole(Value),
    /// A partial result that its holder owns.
    Accumulator(Buffer),
    /// A partial result that is still the list of its operands, first operand first.
    Lazy(Vec<Value>),
}

impl Payload {
    /// `self = self ⊕ local`, without computing it if it is large.
    pub(crate) fn combine(&mut self, local: Self, data: &Data) {
        let Some(local) = local.into_value(data) else { return };
        match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => {}
            Self::Whole(value) => {
                let length = value.bytes(data).len();
                *self = if length >= LAZY_MIN_BYTES {
                    let mut parts = Vec::with_capacity(LAZY_MAX_PARTS);
                    parts.extend([value, local]);
                    Self::Lazy(parts)
                } else {
                    Self::Accumulator(data.compute(&[value, local]))
                };
            }
            Self::Accumulator(mut buffer) => {
                kernels::reduce_into(data.dtype, data.op, buffer.as_mut(), local.bytes(data));
                *self = Self::Accumulator(buffer);
            }
            Self::Lazy(mut parts) => {
                if parts.len() == LAZY_MAX_PARTS {
                    let whole = data.compute(&parts).into();
                    parts.clear();
                    parts.push(whole);
                }
                parts.push(local);
                *self = Self::Lazy(parts);
            }
        }
    }

    /// The value, computed if it is still a list; none where there is no data.
    pub(crate) fn into_value(self, data: &Data) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Whole(value) => Some(value),
            Self::Accumulator(buffer) => Some(buffer.into()),
            Self::Lazy(parts) => Some(data.compute(&parts).into()),
        }
    }

    /// A copy of a value that may be shared.
    pub(crate) fn share(&self) -> Self {
        match self {
            Self::Whole(value) => Self::Whole(value.clone()),
            _ => Self::Nothing,
        }
    }

    /// Appends this value to the operands of a left-to-right reduction. Its own operands can stand
    /// there in its place only if none comes before them: `a ⊕ (b ⊕ c)` is not `(a ⊕ b) ⊕ c`.
    #[inline(always)]
    pub(crate) fn append_to(self, operands: &mut Vec<Value>, data: &Data) {
        match self {
            Self::Whole(value) => operands.push(value),
            Self::Lazy(parts) if operands.is_empty() => operands.extend(parts),
            value => operands.extend(value.into_value(data)),
        }
    }
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
        let (dtype, op) = (DType::F32, ReduceOp::Sum);
        let data = Data { dtype, op, pool: Arc::default(), inputs: Vec::new() };
        let operand = |seed: u32, len: usize| -> Value {
            let value = |i: u32| (i.wrapping_mul(2_654_435_761) ^ seed) as f32 * 1e-3;
            Value::Shared((0..len as u32 / 4).flat_map(|i| value(i).to_ne_bytes()).collect())
        };
        let fold = |len: usize, hops: u32| {
            let mut sum = Payload::Whole(operand(0, len));
            for hop in 1..hops {
                sum.combine(Payload::Whole(operand(hop, len)), &data);
            }
            sum.into_value(&data).unwrap().into_shared(&data)
        };
        let lazy = fold(2 * LAZY_MIN_BYTES, 300);
        let eager = fold(64, 300);
        assert_eq!(lazy[..64], eager[..]);
    }
}
