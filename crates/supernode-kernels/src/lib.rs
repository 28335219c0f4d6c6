//! Vectorised reductions and copies over raw bytes, and max-plus sweeps of clocks; the only crate with
//! `unsafe` code.
//!
//! Reductions and copies work on byte slices of any alignment, because an emulated message is a slice of a
//! shared buffer. The loops are plain Rust over `[u8; W]` elements, compiled for several
//! instruction sets; types of 16 bits and floats of 8 are computed in f32 by bit
//! arithmetic that vectorises and rounded to nearest even at every hop; those of 8 bits saturate.
//!
//! ```
//! use supernode_kernels::{divide, reduce_into};
//! use supernode_units::{DType, ReduceOp};
//!
//! let mut sum: Vec<u8> = [1.0_f32, 2.0].iter().flat_map(|x| x.to_ne_bytes()).collect();
//! let other: Vec<u8> = [3.0_f32, 6.0].iter().flat_map(|x| x.to_ne_bytes()).collect();
//! reduce_into(DType::F32, ReduceOp::Avg, &mut sum, &other);
//! divide(DType::F32, &mut sum, 2);
//! assert_eq!(sum[..4], 2.0_f32.to_ne_bytes());
//! ```
//!
//! Modules: `elements` (one element), `fp8` (of eight bits), `reduce` (the loops), `copy` (streaming stores), `compare`
//! (counting wrong elements), `relay` (clocks of ranks that pass messages on), `counting` (an allocator for tests).

mod compare;
mod copy;
mod counting;
mod elements;
mod fp8;
mod reduce;
mod relay;

pub use compare::count_unequal;
pub use copy::{STREAMING_MIN_BYTES, copy, copy_streaming};
pub use counting::CountingAllocator;
pub use reduce::{divide, reduce, reduce_all, reduce_into, reduce_many};
pub use relay::{Relay, Times, relay_ahead, relay_one, relay_rest};
