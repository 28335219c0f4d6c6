//! What the machine allows: the same arithmetic and copies without tasks, messages or clocks.

use bytes::Bytes;
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

use crate::jobs::THREADS;

/// Reduces and distributes `inputs` chunk by chunk on two threads, in chunks as a ring of as many
/// ranks cuts them. Every output gets its own copy; with no outputs the result is shared.
pub fn all_reduce(inputs: &[Bytes], result: &mut [u8], outputs: &mut [Vec<u8>]) {
    let chunk = result.len().div_ceil(inputs.len()).next_multiple_of(4);
    let share = inputs.len().div_ceil(THREADS) * chunk;
    let mut parts: Vec<Vec<&mut [u8]>> = (0..THREADS).map(|_| Vec::new()).collect();
    for output in outputs {
        for (part, piece) in parts.iter_mut().zip(output.chunks_mut(share)) {
            part.push(piece);
        }
    }
    std::thread::scope(|scope| {
        for ((index, piece), outputs) in result.chunks_mut(share).enumerate().zip(parts) {
            scope.spawn(move || reduce_part(inputs, index * share, piece, outputs, chunk));
        }
    });
}

fn reduce_part(
    inputs: &[Bytes],
    start: usize,
    result: &mut [u8],
    mut outputs: Vec<&mut [u8]>,
    chunk: usize,
) {
    for (index, sum) in result.chunks_mut(chunk).enumerate() {
        let (from, length) = (start + index * chunk, sum.len());
        let operand = |input| &Bytes::as_ref(input)[from..from + length];
        let operands: Vec<&[u8]> = inputs.iter().map(operand).collect();
        kernels::reduce_many(DType::F32, ReduceOp::Sum, sum, &operands);
        for output in &mut outputs {
            let at = index * chunk;
            kernels::copy(&mut output[at..at + length], sum);
        }
    }
}

/// Copies `from` to `to` on two threads with stores that bypass the cache (STREAM's copy): the
/// bytes moved are twice the length.
pub fn stream(to: &mut [u8], from: &[u8]) {
    let share = from.len().div_ceil(THREADS);
    std::thread::scope(|scope| {
        for (to, from) in to.chunks_mut(share).zip(from.chunks(share)) {
            scope.spawn(move || kernels::copy_streaming(to, from));
        }
    });
}
