//! Copies the chunks that ranks hold at the end of a run into their own outputs.
//!
//! All ranks of a block get chunk `i` before any gets chunk `i + 1`: the chunk is read from memory
//! once and then copied out of the cache, and the outputs are written past it.

use bytes::Bytes;
use supernode_collectives::{Chunks, Rank, Span};
use supernode_kernels as kernels;

use crate::memory::Output;

/// Outputs of a block of up to this many bytes are worth keeping in the last-level cache; more would
/// push each other out before anyone reads them.
const CACHED_MAX_BYTES: usize = 16 << 20;

/// Copies `held[i][chunk]` into `outputs[i]`, which is of rank `first + i`; a rank without chunks
/// has its output already.
pub(crate) fn settle(chunks: &Chunks, first: Rank, outputs: &mut [Output], held: &[Vec<Bytes>]) {
    let bytes = |output: &Output| if let Output::Own(own) = output { own.len() } else { 0 };
    let cached = outputs.iter().map(bytes).sum::<usize>() <= CACHED_MAX_BYTES;
    for chunk in 0..chunks.output_chunks() {
        for ((rank, output), held) in (first..).zip(&mut *outputs).zip(held) {
            let (Output::Own(output), Some(held)) = (output, held.get(chunk as usize)) else {
                continue;
            };
            let (start, end) = chunks.byte_range(Span::output(chunk, 1), rank);
            let output = &mut output[start as usize..end as usize];
            // A schedule that leaves a chunk out leaves zeros, as it would in small chunks.
            if held.len() != output.len() {
                continue;
            }
            if cached {
                output.copy_from_slice(held);
            } else {
                kernels::copy(output, held);
            }
        }
    }
}
