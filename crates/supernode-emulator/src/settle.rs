//! Copies the chunks that ranks hold at the end of a run into their own outputs.
//!
//! All ranks get chunk `i` before any gets chunk `i + 1`: the chunk is read from memory once and
//! then copied out of the cache, and the outputs are written past it.

use bytes::Bytes;
use supernode_collectives::{Chunks, Span};
use supernode_kernels as kernels;

use crate::memory::Output;

/// What one thread copies for one rank: consecutive chunks, and the bytes they belong in.
struct Part<'a> {
    held: &'a [Bytes],
    sizes: Vec<usize>,
    output: &'a mut [u8],
}

/// Copies `held[rank][chunk]` into `outputs[rank]` on `threads` threads; a rank without chunks has
/// its output already.
pub(crate) fn settle(chunks: Chunks, outputs: &mut [Output], held: &[Vec<Bytes>], threads: usize) {
    let slots = chunks.output_chunks() as usize;
    let share = slots.div_ceil(threads.max(1)).max(1);
    let mut threads: Vec<Vec<Part>> = (0..slots).step_by(share).map(|_| Vec::new()).collect();
    for ((rank, output), held) in (0..).zip(outputs).zip(held) {
        let Output::Own(output) = output else { continue };
        let size = |chunk| {
            let (start, end) = chunks.byte_range(Span::output(chunk, 1), rank);
            (end - start) as usize
        };
        let mut rest = &mut output[..];
        for (index, (thread, held)) in threads.iter_mut().zip(held.chunks(share)).enumerate() {
            let first = (index * share) as u32;
            let sizes: Vec<usize> = (first..first + held.len() as u32).map(size).collect();
            let (output, after) = rest.split_at_mut(sizes.iter().sum());
            rest = after;
            thread.push(Part { held, sizes, output });
        }
    }
    threads.retain(|parts| !parts.is_empty());
    let Some(own) = threads.pop() else { return };
    std::thread::scope(|scope| {
        for parts in threads {
            scope.spawn(move || copy(parts));
        }
        copy(own);
    });
}

fn copy(mut parts: Vec<Part>) {
    for chunk in 0..parts[0].held.len() {
        for part in &mut parts {
            let rest = std::mem::take(&mut part.output);
            let (output, after) = rest.split_at_mut(part.sizes[chunk]);
            part.output = after;
            // A schedule that leaves a chunk out leaves zeros, as it would in small chunks.
            if part.held[chunk].len() == output.len() {
                kernels::copy(output, &part.held[chunk]);
            }
        }
    }
}
